"""What an assistant meets all day, in a real browser: which touchpoint an interaction was, follow-ups, agreed hours, corrections, transfers."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Client, FollowUp, Interaction, MergeProposal
from clients.promised import NOTHING
from firms.models import Absence, Support, User
from firms.wall import acting_for
from tests.browser import Visit, Visitor
from tests.factories import make_client, make_user
from tests.touchpoints.rows import make_touchpoint, make_type
from touchpoints.appointments import AppointmentDraft, set_appointment
from touchpoints.models import Touchpoint

pytestmark = pytest.mark.browser

LONG = "Société de gestion Bélanger-Lacoursière, Tremblay et associés inc."
WINDOWS = [("en", 1280), ("fr", 390)]


class Work:
    """A firm at work: an adviser with meetings and promises, an assistant, a successor who is busy and then away."""

    def __init__(self, visitor: Visitor, *, language: str) -> None:
        self.visitor = visitor
        now = timezone.now().replace(minute=0, second=0, microsecond=0)
        with visitor.committed("CA-QC") as firm:
            self.firm = firm
            self.alice = make_user(name="Alice Roy", role="admin", language=language)
            self.ana = make_user(name="Ana Roy", role="adviser", language=language)
            self.carl = make_user(name="Carl Cyr-Desmarais de la Durantaye", role="adviser", language=language)
            self.marie = make_user(name="Marie Côté", role="assistant", language=language)
            Support.objects.create(assistant=self.marie, adviser=self.ana)
            self.client = make_client(adviser=self.ana, name=LONG)
            self.other = make_client(adviser=self.carl, name="Gagné, Élise")
            today = timezone.localdate()
            kind = make_type(firm_id=firm.pk, key="annual_planning", name_en="Annual planning meeting", name_fr="Rencontre de planification annuelle")
            self.call = make_touchpoint(client=self.client, due_on=today)
            make_touchpoint(client=self.client, due_on=today - timedelta(days=12), touchpoint_type=kind, status="missed", window_days=20)
            self.meeting = self.book(self.client, now + timedelta(days=3))
            self.book(self.other, now + timedelta(days=3, minutes=30))
            self.book(self.client, now + timedelta(days=6))
            Absence.objects.create(user=self.carl, starts_on=today + timedelta(days=5), ends_on=today + timedelta(days=9))
            for number, subject in enumerate(("An invoice", "Une question sur le relevé de fin d’année et les frais de gestion", "News")):
                said = InteractionDraft(
                    channel="phone", subject=subject, summary="All is well.", happened_at=now - timedelta(days=number), about=NOTHING
                )
                self.interaction = log_interaction(client=self.client, by=self.ana, draft=said)
            for number in range(12):
                text = f"Envoyer le formulaire de transfert et confirmer la réception auprès de la succursale ({number})"
                self.promise(text, self.ana, number - 6)
            self.gone = make_user(name="Paul Parti", role="assistant", is_active=False)
            self.promise("Rappeler au sujet du bail", self.gone, -2)

    def book(self, client: Client, at: object) -> Touchpoint:
        touchpoint = make_touchpoint(client=client, due_on=timezone.localdate(), channel="in_person", performer="adviser", window_days=60)
        draft = AppointmentDraft(starts_at=at, minutes=60, place="1250, boul. René-Lévesque Ouest, bureau 3600", invites_client=True)  # type: ignore[arg-type]
        set_appointment(touchpoint=Touchpoint.objects.get(pk=touchpoint.pk), by=User.objects.get(pk=client.adviser_id), draft=draft)
        return touchpoint

    def promise(self, text: str, assignee: User, days: int) -> FollowUp:
        due_on = timezone.localdate() + timedelta(days=days)
        return FollowUp.objects.create(client=self.client, text=text, due_on=due_on, assignee=assignee, by=self.ana)


def look(visit: Visit, path: str, name: str, *, is_covered: bool = False) -> None:
    # The queue scrolls to the touchpoint it opens; what then lies half under the bar at the top is not too small for it.
    visit.open(path).evaluate("scrollTo(0, 0)")
    visit.check(is_covered=is_covered)
    visit.screenshot(name)


@pytest.mark.parametrize(("language", "width"), WINDOWS)
def test_the_pages_read_well_in_both_languages_on_a_desk_and_a_phone(visitor: Visitor, language: str, width: int) -> None:
    work = Work(visitor, language=language)
    at = f"{language}-{width}"
    visit = visitor.sign_in(work.ana, width=width, language=language)
    look(visit, f"/clients/{work.client.pk}/interactions/", f"daily-interactions-{at}")
    look(visit, f"/interactions/{work.interaction.pk}/which/", f"daily-which-{at}")
    look(visit, f"/clients/interactions/{work.interaction.pk}/edit/", f"daily-correct-{at}")
    look(visit, "/clients/follow-ups/", f"daily-follow-ups-{at}")
    look(visit, "/clients/follow-ups/?whose=nobody", f"daily-follow-ups-nobody-{at}")
    # On a phone the panel lies over the list.
    look(visit, f"/queue/{work.meeting.pk}/", f"daily-panel-{at}", is_covered=width < 600)
    look(visit, f"/clients/{work.client.pk}/year/", f"daily-year-{at}")
    look(visit, "/queue/", f"daily-queue-{at}")
    look(visit, "/", f"daily-home-{at}")
    carl = visitor.sign_in(work.carl, width=width, language=language)
    look(carl, "/clients/follow-ups/", f"daily-follow-ups-none-{at}")
    alice = visitor.sign_in(work.alice, width=width, language=language)
    page = alice.open(f"/clients/assign/?adviser={work.ana.pk}")
    page.get_by_label(work.carl.name).check()
    page.locator("form button.button-primary").click()
    expect(page.locator(".notice-warn").first).to_be_visible()
    alice.check()
    alice.screenshot(f"daily-assign-{at}")
    with acting_for(work.firm.pk):
        proposal = MergeProposal.objects.create(first=work.client, second=work.other, reason="spouse")
    look(alice, f"/clients/imports/merges/{proposal.pk}/", f"daily-merge-{at}")


def test_which_touchpoint_it_was_is_said_and_undone_by_keyboard(visitor: Visitor) -> None:
    work = Work(visitor, language="en")
    visit = visitor.sign_in(work.marie)
    page = visit.open(f"/clients/{work.client.pk}/interactions/")
    page.get_by_role("link", name="Which touchpoint was it?").first.press("Enter")
    page.get_by_label("Annual planning meeting").press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_text("“An invoice” counts for")).to_be_visible()
    visit.check()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("it counts for no touchpoint")).to_be_visible()
    with acting_for(work.firm.pk):
        assert Touchpoint.objects.filter(status="missed").count() == 1


def test_an_interaction_is_corrected_and_one_logged_by_mistake_removed(visitor: Visitor) -> None:
    work = Work(visitor, language="en")
    visit = visitor.sign_in(work.ana)
    page = visit.open(f"/clients/{work.client.pk}/interactions/")
    page.get_by_role("link", name="Correct: News").click()
    page.get_by_label("Subject").fill("Good news")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The interaction is corrected.")).to_be_visible()
    page.get_by_role("link", name="Correct: Good news").click()
    page.get_by_role("button", name="Remove this interaction").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    visit.check()
    dialog.get_by_role("button", name="Remove this interaction").click()
    expect(page.get_by_text("is removed from the file of")).to_be_visible()
    with acting_for(work.firm.pk):
        assert not Interaction.objects.filter(subject="Good news").exists()


def test_a_follow_up_done_and_changed_from_the_queue_leads_back_to_it(visitor: Visitor) -> None:
    work = Work(visitor, language="en")
    visit = visitor.sign_in(work.ana)
    page = visit.open("/queue/?view=late")
    visit.open("/queue/")
    line = page.locator(".queue-follow-ups .follow-up").first
    line.get_by_role("button").click()
    expect(page.locator(".queue-follow-ups .follow-up-done")).to_have_count(1)
    page.locator(".queue-follow-ups .follow-up").nth(1).get_by_role("link", name="Change:").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The follow-up is saved.")).to_be_visible()
    assert page.url.endswith("/queue/")
