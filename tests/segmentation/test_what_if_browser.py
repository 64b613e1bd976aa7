"""What a draft would do is looked at, shared, decided on and gone back on in a real browser."""

from datetime import timedelta

import pytest
from django.urls import reverse

from clients.models import Client
from firms.models import RoleTerms, User
from firms.wall import acting_for
from segmentation.models import Criterion, Scheme, SchemeVersion, Segment
from segmentation.overriding import override_segment
from segmentation.presets import create_from_preset, preset
from segmentation.publishing import firm_today, publish_version, start_draft
from service_matrix.versions import publish_version as publish_matrix
from service_matrix.versions import start_draft as start_matrix
from tests import factories
from tests.browser import Visitor
from tests.segmentation.rows import make_book

pytestmark = pytest.mark.browser


def make_clients(adviser: User) -> list[Client]:
    clients = make_book(adviser, [number % 11 for number in range(60)], relationship_quality=6, annual_revenue=1200)
    for number, client in enumerate(clients):
        client.aum = None if number == 7 else (number * 37_331) % 1_400_000
    clients[3].name = "Fiducie familiale Desrosiers-Lachapelle-Vaillancourt et associés (succession en cours)"
    Client.objects.bulk_update(clients, ["aum", "name"])
    return clients


def make_everything(admin: User) -> Scheme:
    """A published scheme with its matrix and rates, an override, a newcomer, and a draft with other weights."""
    clients = make_clients(admin)
    scheme = publish_version(version=create_from_preset(preset("vip")), by=admin).version.scheme
    RoleTerms.objects.create(role="adviser", hourly_cost=95)
    RoleTerms.objects.create(role="assistant", hourly_cost=38)
    matrix = start_matrix(scheme=scheme, by=admin, preset="vip_gold_silver_bronze")
    publish_matrix(version=matrix, revision=matrix.revision, by=admin)
    until = firm_today(admin.firm_id) + timedelta(days=60)
    override_segment(client=clients[5], segment=scheme.segments.get(rank=1), reason="Fille d’un client VIP", expires_on=until, by=admin)
    make_book(admin, [8], aum=2_000_000)
    draft = start_draft(scheme=scheme)
    for attribute, weight in (("aum", 10), ("potential", 55)):
        Criterion.objects.filter(version=draft, attribute=attribute).update(weight=weight)
    return scheme


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_from_the_what_if_to_a_decision_and_back(visitor: Visitor, language, width):
    with visitor.committed("FR" if language == "fr" else "CA-QC") as firm:
        admin = factories.make_user(role="admin", name="Aïcha Benali-Desrosiers", language=language)
        scheme = make_everything(admin)
    names = f"{language}-{width}"
    visit = visitor.sign_in(admin, width=width)
    page = visit.open(reverse("scheme_what_if", args=[scheme.pk, 2]))
    visit.check()
    visit.screenshot(f"what-if-{names}")
    page.locator("details summary").first.click()
    visit.check()
    page.locator("button[name=shared][value=yes]").click()
    page.locator("#share-link").wait_for()
    assert page.locator("#share-link").input_value().endswith(reverse("scheme_what_if", args=[scheme.pk, 2]))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[data-copy]").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text === document.getElementById('share-link').value)")
    visit.check()
    visit.screenshot(f"what-if-shared-{names}")
    page.locator(f"a[href='{reverse('scheme_movers', args=[scheme.pk, 2])}']").click()
    page.wait_for_url("**/clients/")
    visit.check()
    visit.screenshot(f"movers-{names}")
    page.go_back()
    page.locator("a[href$='only=overridden']").click()
    page.wait_for_url("**only=overridden")
    visit.check()
    visit.screenshot(f"movers-overridden-{names}")

    visit.open(reverse("scheme_publish", args=[scheme.pk]))
    visit.check()
    page.locator("input[name=when][value=later]").check()
    page.locator("button[type=submit].button-primary").click()
    page.locator("#id_effective_on_error").wait_for()
    visit.check()
    visit.screenshot(f"publish-refused-{names}")
    with acting_for(firm.pk):
        day = firm_today(firm.pk) + timedelta(days=20)
    page.locator("#id_effective_on").fill(day.isoformat())
    page.locator("#id_note").fill("Décidé en comité, pour la nouvelle année.")
    page.locator("button[type=submit].button-primary").click()
    page.wait_for_url("**/segmentation/*/")
    visit.check()
    visit.screenshot(f"scheduled-{names}")
    with acting_for(firm.pk):
        assert SchemeVersion.objects.get(number=2).status == "scheduled"
    visit.open(reverse("scheme_version", args=[scheme.pk, 2]))
    visit.check()
    visit.screenshot(f"version-{names}")
    page.locator(f"form[action='{reverse('version_cancel', args=[scheme.pk, 2])}'] button").click()
    page.wait_for_url("**/what-if/")
    visit.open(reverse("scheme_publish", args=[scheme.pk]))
    page.locator("button[type=submit].button-primary").click()
    page.wait_for_url("**/segmentation/*/")
    visit.open(reverse("scheme_versions", args=[scheme.pk]))
    visit.check()
    visit.screenshot(f"versions-{names}")
    visit.open(reverse("scheme_version", args=[scheme.pk, 1]))
    page.locator(f"form[action='{reverse('version_restore', args=[scheme.pk, 1])}'] button").click()
    page.wait_for_url("**/3/what-if/")
    visit.check()
    # Another draft under way: said, with the way to it.
    visit.expected_errors.append("409")
    visit.open(reverse("scheme_version", args=[scheme.pk, 1]))
    page.locator(f"form[action='{reverse('version_restore', args=[scheme.pk, 1])}'] button").click()
    page.locator(f"a[href='{reverse('scheme_what_if', args=[scheme.pk, 3])}']").wait_for()
    visit.check()
    visit.screenshot(f"version-under-way-{names}")


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_long_names_six_segments_and_nobody(visitor: Visitor, language, width):
    with visitor.committed() as firm:
        admin = factories.make_user(role="admin", name="Aïcha Benali", language=language)
        draft = create_from_preset(preset("vip"))
        for segment in draft.scheme.segments.all():
            Segment.objects.filter(pk=segment.pk).update(
                name_en=f"Clients with a remarkable development potential, level {segment.rank}",
                name_fr=f"Clients au potentiel de développement remarquable, niveau {segment.rank}",
            )
    visit = visitor.sign_in(admin, width=width)
    url = reverse("scheme_what_if", args=[draft.scheme_id, 1])
    visit.open(url)
    visit.check()
    visit.screenshot(f"what-if-empty-{language}-{width}")
    with acting_for(firm.pk):
        make_clients(admin)
    visit.open(url)
    visit.check()
    visit.screenshot(f"what-if-first-{language}-{width}")
    with acting_for(firm.pk):
        Criterion.objects.filter(version=draft, attribute="aum").update(weight=90)
    visit.open(url)
    visit.check()
    visit.screenshot(f"what-if-errors-{language}-{width}")
