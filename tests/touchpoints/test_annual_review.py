"""Completing an annual review asks keep or change; the answer and the completion are one decision."""

import pytest
from django.urls import reverse

from clients.models import Client
from segmentation.models import Drift, Reassessment
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
