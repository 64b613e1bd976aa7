"""Completing an annual review asks keep or change; the answer and the completion are one decision."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clients.models import Client, Interaction
from segmentation.models import Drift, Reassessment
from segmentation.overriding import override_segment
from segmentation.reassessing import reassess_client
from tests import factories
from tests.segmentation.drifting import by_night, make_drifting, publish
from tests.touchpoints.rows import make_touchpoint, make_type
from touchpoints.dashboard import drift_to_review
from touchpoints.models import Touchpoint

HTMX = {"HX-Request": "true"}
LOG = {"channel": "phone", "subject": "Annual review", "summary": "All is well."}


@pytest.fixture
def review(alice):
    """An annual review owed to a client in Middle who has not changed."""
    scheme = publish(alice)
    client = factories.make_client(adviser=alice, name="Client 0", potential=5)
    by_night(alice)
    kind = make_type(firm_id=alice.firm_id, key="annual_review", name_en="Annual review", name_fr="Revue annuelle")
    return make_touchpoint(client=client, touchpoint_type=kind, segment=scheme.segments.get(rank=2))


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def complete(browser, touchpoint, **answer):
    return browser.post(reverse("touchpoint_complete", args=[touchpoint.pk]), {**LOG, **answer}, headers=HTMX)


def test_the_panel_asks_and_completing_without_an_answer_is_refused(browser, review):
    page = browser.get(reverse("queue_touchpoint", args=[review.pk])).content.decode()
    assert "The client is in Middle: keep or change?" in page
    assert "This field is required." in complete(browser, review).content.decode()
    assert Touchpoint.objects.get().status == "planned"


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"value_note": "A cheaper policy"}, "value", "Say which kind of value this is."),
        ({"happened_on": "1949-12-31"}, "happened_on", "This is too long ago: check the year."),
        ({"follow_up_1": "Send the form", "follow_up_1_due": "2066-01-01"}, "follow_up_1_due", "This is too far away: check the year."),
        ({"follow_up_2": "Send the form", "follow_up_2_due": "0026-01-01"}, "follow_up_2_due", "This is too long ago: check the year."),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field_and_nothing_is_written(browser, review, typed, field, words):
    answer = complete(browser, review, answer="keep", **typed)
    assert (answer.status_code, answer.context["log_form"].errors) == (200, {field: [words]})
    assert (Touchpoint.objects.get().status, Interaction.objects.count(), Reassessment.objects.count()) == ("planned", 0, 0)


def test_kept_is_recorded_with_the_completion(browser, alice, review):
    complete(browser, review, answer="keep")
    assert Touchpoint.objects.get().status == "done"
    assert [(row.client_id, row.outcome, row.by) for row in Reassessment.objects.all()] == [(review.client_id, "kept", alice)]
    assert Client.objects.get(pk=review.client_id).next_review_on is not None


def test_change_leads_to_the_page_that_changes_it_and_back_to_the_queue(browser, alice, review):
    answer = complete(browser, review, answer="change")
    page = reverse("client_reassess", args=[review.client_id, review.segment.scheme_id])
    assert answer["HX-Redirect"] == f"{page}?next=%2Fqueue%2F"
    assert (Touchpoint.objects.get().status, Reassessment.objects.count()) == ("done", 0)


# --- Undone ---


def undo(browser):
    return browser.post(reverse("queue_undo"), headers=HTMX).content.decode()


def test_undoing_a_review_takes_the_answer_back(browser, alice, review):
    Client.objects.filter(pk=review.client_id).update(next_review_on="2027-03-31")
    complete(browser, review, answer="keep")
    assert Client.objects.get(pk=review.client_id).next_review_on != date(2027, 3, 31)
    undo(browser)
    assert (Touchpoint.objects.get().status, Reassessment.objects.count()) == ("planned", 0)
    assert Client.objects.get(pk=review.client_id).next_review_on == date(2027, 3, 31)


@pytest.mark.parametrize("state", ["open", "snoozed"])
def test_a_drift_that_was_kept_waits_again(browser, alice, review, state):
    Client.objects.filter(pk=review.client_id).update(potential=9)
    by_night(alice)
    Drift.objects.update(state=state, until="2026-12-24" if state == "snoozed" else None, reason="Later" if state == "snoozed" else "")
    before = Drift.objects.values().get()
    complete(browser, review, answer="keep", reason="Retires in May")
    undo(browser)
    assert (Touchpoint.objects.get().status, Reassessment.objects.count(), Drift.objects.values().get()) == ("planned", 0, before)


def test_a_drift_that_went_meanwhile_keeps_nothing_from_going_back(browser, alice, review):
    Client.objects.filter(pk=review.client_id).update(potential=9)
    by_night(alice)
    complete(browser, review, answer="keep", reason="Retires in May")
    Drift.objects.all().delete()
    undo(browser)
    assert (Reassessment.objects.count(), Drift.objects.count()) == (0, 0)


def again(alice, review):
    reassess_client(client=review.client, scheme=review.segment.scheme, outcome="kept", by=alice)


def moved(alice, review):
    override_segment(
        client=review.client,
        segment=review.segment.scheme.segments.get(rank=1),
        reason="Chosen",
        expires_on=timezone.localdate() + timedelta(days=90),
        by=alice,
    )


def dated(alice, review):
    Client.objects.filter(pk=review.client_id).update(next_review_on="2027-01-31")


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (again, "The reassessment stays: the client was reassessed again since."),
        (moved, "The reassessment stays: the client’s segment has changed since."),
        (dated, "The reassessment stays: the client’s next review was set anew since."),
    ],
)
def test_what_came_after_keeps_the_reassessment_and_says_so(browser, alice, review, since, words):
    complete(browser, review, answer="keep")
    since(alice, review)
    made, client = Reassessment.objects.count(), Client.objects.values().get(pk=review.client_id)
    assert words in undo(browser)
    assert (Touchpoint.objects.get().status, Reassessment.objects.count()) == ("planned", made)
    assert Client.objects.values().get(pk=review.client_id) == client


def test_a_drift_decided_anew_keeps_it_too(browser, alice, review):
    Client.objects.filter(pk=review.client_id).update(potential=9)
    by_night(alice)
    complete(browser, review, answer="keep", reason="Retires in May")
    Drift.objects.update(state="snoozed", until="2026-12-24", reason="Ask in December")
    assert "was decided anew since" in undo(browser)
    assert (Reassessment.objects.count(), Drift.objects.get().reason) == (1, "Ask in December")


def test_what_was_decided_on_the_page_of_the_segment_stays_and_is_said(browser, alice, review):
    complete(browser, review, answer="change")
    again(alice, review)
    assert "it was decided on a page of its own" in undo(browser)
    assert (Touchpoint.objects.get().status, Reassessment.objects.count()) == ("planned", 1)


def test_an_answer_that_led_to_nothing_leaves_nothing_to_say(browser, alice, review):
    again(alice, review)
    complete(browser, review, answer="change")
    assert "it was decided on a page of its own" not in undo(browser)


def test_later_completes_and_records_nothing(browser, review):
    complete(browser, review, answer="later")
    assert (Touchpoint.objects.get().status, Reassessment.objects.count()) == ("done", 0)


def test_a_drifting_client_is_kept_for_a_reason_or_nothing_is_written(browser, alice, review):
    Client.objects.filter(pk=review.client_id).update(potential=9)
    by_night(alice)
    page = browser.get(reverse("queue_touchpoint", args=[review.pk])).content.decode()
    assert "The rules now say Top." in page
    refused = complete(browser, review, answer="keep").content.decode()
    assert "say why this client stays" in refused
    assert (Touchpoint.objects.get().status, Reassessment.objects.count(), Drift.objects.get().state) == ("planned", 0, "open")
    complete(browser, review, answer="keep", reason="Retires in May")
    assert (Touchpoint.objects.get().status, Drift.objects.get().state, Drift.objects.get().reason) == ("done", "kept", "Retires in May")


def test_an_assistant_and_other_touchpoints_are_not_asked(client, alice, review):
    call = make_touchpoint(client=review.client)
    client.force_login(alice)
    assert "keep or change?" not in client.get(reverse("queue_touchpoint", args=[call.pk])).content.decode()
    client.force_login(factories.make_user(role="assistant", sees_whole_firm=True))
    assert "keep or change?" not in client.get(reverse("queue_touchpoint", args=[review.pk])).content.decode()
    complete(client, review)
    assert Touchpoint.objects.get(pk=review.pk).status == "done"


def test_the_dashboard_shows_the_drift_of_the_own_books(client, alice):
    anna, zoe = factories.make_user(name="Anna"), factories.make_user(name="Zoé")
    publish(alice)
    make_drifting(anna, 6, by=alice)
    make_drifting(zoe, 1, by=alice)
    today = Drift.objects.values_list("since", flat=True)[0]
    assert [len(drift_to_review(user=user, on=today)) for user in (anna, zoe, alice)] == [4, 1, 4]
    client.force_login(anna)
    assert "Segments to review" in client.get("/").content.decode()
