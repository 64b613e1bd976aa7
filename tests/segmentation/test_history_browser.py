"""The history and the notices of this firm's loose ends, as people see them: accessible and nothing cut, with long names, a lot and nothing."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from firms.authorship import writing_as
from firms.wall import acting_for
from messaging.models import OutboxMessage
from segmentation.overriding import override_segment
from segmentation.publishing import firm_today, publish_version
from tests import factories
from tests.browser import Visitor
from tests.segmentation.rows import make_book, make_draft

WORDS = {
    "en": {"discard": "Discard…", "confirm": "Discard", "keep": "Keep them", "empty": "Every e-mail left", "placed": "placed by decision"},
    "fr": {
        "discard": "Abandonner…",
        "confirm": "Abandonner",
        "keep": "Les garder",
        "empty": "Tous les courriels sont partis",
        "placed": "classé par décision",
    },
}


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width", "scheme"), [("en", 1280, "dark"), ("fr", 390, "light")])
def test_history_undelivered_mail_and_clients_nobody_leads(visitor: Visitor, language: str, width: int, scheme: str) -> None:
    words, name = WORDS[language], f"record-{language}-{width}"
    with visitor.committed("CA-QC") as firm:
        admin = factories.make_user(name="Marie-Hélène de la Chevrotière-Desrosiers", role="admin", language=language)
        gone = factories.make_user(name="Jean-Christophe Lévesque-Bourassa", role="adviser", is_active=False)
        (client,) = make_book(admin, [5])
        make_book(gone, [3] * 12)
    with acting_for(firm.pk):
        placed = publish_version(version=make_draft(), by=admin).version.scheme
        for rank in (1, 3):
            reason = "Promis lors de la vente du cabinet, à revoir une fois la succession réglée et les enfants installés."
            with writing_as(user=admin.pk):
                override_segment(
                    client=client,
                    segment=placed.segments.get(rank=rank),
                    reason=reason,
                    expires_on=firm_today(firm.pk) + timedelta(days=90),
                    by=admin,
                )
        with writing_as(user=admin.pk, job="import_clients"):
            type(client).objects.filter(pk=client.pk).update(city="Saint-Louis-du-Ha! Ha!", aum="1234567.00")
        with writing_as(command="publish_scheme"):
            type(client).objects.filter(pk=client.pk).update(city="Lévis")
    visit = visitor.sign_in(admin, width=width, language=language, scheme=scheme)
    page = visit.open(f"/clients/{client.pk}/history/")
    expect(page.get_by_text(words["placed"]).first).to_be_visible()
    visit.check()
    visit.screenshot(f"{name}-history")

    page = visit.open("/e-mails/")
    expect(page.get_by_text(words["empty"])).to_be_visible()
    visit.check()
    visit.screenshot(f"{name}-mail-empty")
    with acting_for(firm.pk):
        for number in range(31):
            OutboxMessage.objects.create(
                to=f"prenom.nom-compose.tres-long-{number}@un-cabinet-de-conseil-en-gestion-de-patrimoine.example",
                subject="Cabinet Rivoli & Associés vous invite à rejoindre son CRM et à choisir votre mot de passe",
                text="…",
                dedupe_key=str(number),
                status="held" if number % 3 == 0 else "failed",
                error="" if number % 6 == 0 else "550 5.1.1 The e-mail account that you tried to reach does not exist. Please try double-checking.",
                attempts=8,
            )
    page = visit.open("/e-mails/")
    visit.check()
    visit.screenshot(f"{name}-mail")
    page.locator("input[name=message]").nth(0).check()
    page.locator("input[name=message]").nth(1).check()
    page.get_by_role("button", name=words["discard"]).click()
    expect(page.get_by_role("link", name=words["keep"])).to_be_visible()
    visit.check()
    visit.screenshot(f"{name}-mail-discard")
    page.get_by_role("button", name=words["confirm"], exact=True).click()
    with acting_for(firm.pk):
        assert OutboxMessage.objects.filter(status="discarded", decided_by=admin).count() == 2

    for path, shot in (("/clients/", "clients"), ("/clients/?led=gone", "clients-gone"), ("/people/", "people"), (f"/people/{gone.pk}/", "person")):
        visit.open(path)
        visit.check()
        visit.screenshot(f"{name}-{shot}")
