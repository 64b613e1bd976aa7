"""Every page of the product in a real browser: accessible, nothing cut, no error in the console, in both languages, on desktop and phone."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from clients.models import Client
from firms.models import Language, Support, User
from firms.wall import acting_for
from tests import factories
from tests.browser import Scheme, Visit, Visitor


def page_names(patterns: list[URLPattern | URLResolver], parameters: frozenset[str] = frozenset()) -> Iterator[tuple[str, frozenset[str]]]:
    """The product's own named addresses and what each needs."""
    for pattern in patterns:
        needs = parameters | frozenset(pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            if not str(pattern.pattern).startswith(("account/", "api/")):
                yield from page_names(pattern.url_patterns, needs)
        elif pattern.name and not str(pattern.pattern).startswith("api/"):
            yield pattern.name, needs


@pytest.fixture
def admin(visitor: Visitor) -> User:
    """The administrator of a firm in the middle of its year."""
    with visitor.committed() as firm:
        admin = factories.make_user(name="Alice Roy-Désrosiers", role="admin")
        advisers = [factories.make_user(name=name, role="adviser") for name in ("Élodie Lefèvre-Côté", "Marc-André Gagné")]
        assistant = factories.make_user(name="Sophie Nguyen", role="assistant")
        Support.objects.create(assistant=assistant, adviser=advisers[0])
        for number in range(12):
            name = "Fiducie familiale Désrosiers-Lafrenière-Beauchamp et associés" if number == 3 else f"Client {number}"
            factories.make_client(adviser=advisers[number % 2], name=name, aum=number * 90_000, status="client")
    for command in (["publish_scheme", str(firm.pk), "vip"], ["publish_matrix", str(firm.pk), "vip_gold_silver_bronze"], ["plan", str(firm.pk)]):
        call_command(*command)
    return admin


def _looks_right(visit: Visit, address: str, faults: list[str]) -> None:
    # What only takes a form, leads elsewhere, is a file or is a part that a page fetches is no page.
    response = visit.page.context.request.get(visit.address + address, max_redirects=0)
    if response.status in {302, 405} or "text/html" not in response.headers.get("content-type", ""):
        return
    if response.status == 200 and "<html" not in response.text():
        return
    visit.open(address)
    if response.status != 200:
        faults.append(f"{address}: {response.status}")
    try:
        visit.check()
    except AssertionError as fault:
        faults.append(str(fault))


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width", "scheme"), [("fr", 390, "light"), ("en", 1280, "dark")])
def test_every_page_is_accessible_and_fits(visitor: Visitor, admin: User, language: str, width: int, scheme: Scheme) -> None:
    with acting_for(admin.firm_id):
        User.objects.filter(pk=admin.pk).update(language=Language(language))
        client = Client.objects.get(name__startswith="Fiducie")
    visit = visitor.sign_in(admin, width=width, scheme=scheme)
    names = sorted(page_names(get_resolver().url_patterns))
    addresses = [reverse(name) for name, needs in names if not needs]
    addresses += [reverse(name, kwargs={"pk": client.pk}) for name, needs in names if needs == {"pk"} and name.startswith("client_")]
    assert len(addresses) > 20
    faults: list[str] = []
    for address in addresses:
        _looks_right(visit, address, faults)
    assert faults == []
