"""What publishing would do, counted before it is done."""

from datetime import date, timedelta

import pytest
import time_machine

from clients.models import Client
from firms.models import Firm
from service_matrix.effects import PlanEffect
from service_matrix.models import Promise
from service_matrix.versions import publish_version, roll_back, start_draft
from tests.service_matrix.rows import make_draft, place_clients
from touchpoints.effects import effect_of_version
from touchpoints.models import Touchpoint
from touchpoints.planning import reconcile

TODAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def on_the_day():
    with time_machine.travel("2026-03-02T17:00Z", tick=False):
        yield


def test_what_is_shown_before_publishing_is_what_planning_then_does(alice):
    published = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    place_clients(published.scheme, by_rank={1: 3, 2: 4, 3: 5}, adviser=alice)
    reconcile(firm_id=alice.firm_id, start=TODAY)
    done = Touchpoint.objects.filter(touchpoint_type__key="reporting").earliest("due_on")
    Touchpoint.objects.filter(pk=done.pk).update(status="done")
    draft = start_draft(scheme=published.scheme, by=alice)
    assert effect_of_version(draft, TODAY) == PlanEffect(0, 0, 0, Touchpoint.objects.count())
    Promise.objects.filter(version=draft, touchpoint_type__key="reporting").delete()
    Promise.objects.filter(version=draft, touchpoint_type__key="check_in_call", segment__rank=2).update(times=6)
    Promise.objects.filter(version=draft, touchpoint_type__key="review_meeting", segment__rank=1).update(minutes=75)
    before = list(Touchpoint.objects.order_by("pk").values_list("pk", "status", "due_on", "minutes"))
    shown = effect_of_version(draft, TODAY)
    assert list(Touchpoint.objects.order_by("pk").values_list("pk", "status", "due_on", "minutes")) == before
    publish_version(version=draft, revision=1, by=alice)
    result = reconcile(firm_id=alice.firm_id, start=TODAY)
    assert shown == PlanEffect(result.inserted + result.restored, result.updated, result.cancelled, result.kept)
    assert min(shown.added, shown.changed, shown.cancelled, shown.kept) > 0


def test_from_a_later_day_only_what_is_due_from_then_on_changes(alice):
    published = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    place_clients(published.scheme, by_rank={1: 3}, adviser=alice)
    reconcile(firm_id=alice.firm_id, start=TODAY)
    draft = start_draft(scheme=published.scheme, by=alice)
    Promise.objects.filter(version=draft, touchpoint_type__key="check_in_call").delete()
    later = TODAY + timedelta(days=100)
    calls = Touchpoint.objects.filter(touchpoint_type__key="check_in_call")
    assert effect_of_version(draft, later).cancelled == calls.filter(due_on__gte=later).count() > 0
    assert effect_of_version(draft, TODAY + timedelta(days=400)) == PlanEffect(0, 0, 0, 0)


def test_what_is_shown_before_returning_to_a_version_is_what_planning_then_does(alice):
    former = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    place_clients(former.scheme, by_rank={1: 3, 2: 4}, adviser=alice)
    draft = start_draft(scheme=former.scheme, by=alice)
    Promise.objects.filter(version=draft, touchpoint_type__key="reporting").delete()
    Promise.objects.filter(version=draft, touchpoint_type__key="check_in_call", segment__rank=2).update(times=12)
    Promise.objects.filter(version=draft, touchpoint_type__key="review_meeting", segment__rank=1).update(minutes=75)
    publish_version(version=draft, revision=1, by=alice)
    reconcile(firm_id=alice.firm_id, start=TODAY)
    former.refresh_from_db()
    shown = effect_of_version(former, TODAY)
    roll_back(to=former, by=alice)
    result = reconcile(firm_id=alice.firm_id, start=TODAY)
    assert shown == PlanEffect(result.inserted + result.restored, result.updated, result.cancelled, result.kept)
    assert min(shown.added, shown.changed, shown.cancelled, shown.kept) > 0


def test_clients_without_a_place_are_said_not_to_be_counted(client, alice):
    published = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    place_clients(published.scheme, by_rank={1: 3}, adviser=alice)
    reconcile(firm_id=alice.firm_id, start=TODAY)
    planned = Touchpoint.objects.count()
    place_clients(published.scheme, by_rank={2: 2}, adviser=alice)
    # Nobody is served who left or was put away.
    place_clients(published.scheme, by_rank={2: 2}, adviser=alice)
    gone, archived = Client.objects.order_by("-pk")[:2]
    Client.objects.filter(pk=gone.pk).update(status="former")
    Client.objects.filter(pk=archived.pk).update(archived_at="2026-01-01T00:00Z")
    draft = start_draft(scheme=published.scheme, by=alice)
    assert effect_of_version(draft, TODAY) == PlanEffect(0, 0, 0, planned, unplaced=2)
    client.force_login(alice)
    words = "2 clients, just added or classified, have no place in the year yet"
    assert words in client.get("/matrix/draft/effect/").content.decode()
    reconcile(firm_id=alice.firm_id, start=TODAY)
    assert "no place in the year yet" not in client.get("/matrix/draft/effect/").content.decode()


def test_the_page_of_versions_shows_what_returning_would_do(client, alice):
    former = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    place_clients(former.scheme, by_rank={1: 1}, adviser=alice)
    draft = start_draft(scheme=former.scheme, by=alice)
    Promise.objects.filter(version=draft, touchpoint_type__key="reporting").delete()
    publish_version(version=draft, revision=1, by=alice)
    reconcile(firm_id=alice.firm_id, start=TODAY)
    client.force_login(alice)
    address = f"/matrix/versions/{former.pk}/effect/"
    assert f'hx-get="{address}"' in client.get("/matrix/versions/").content.decode()
    shown = client.get(address).context["effect"]
    assert (shown.added > 0, shown.changed, shown.cancelled, shown.kept) == (True, 0, 0, Touchpoint.objects.count())


def test_a_firm_that_never_works_plans_nothing(alice):
    draft = make_draft(by=alice)
    Firm.objects.update(working_days=[])
    draft.refresh_from_db()
    assert effect_of_version(draft, TODAY) == PlanEffect(0, 0, 0, 0)


def test_the_publish_page_shows_it(client, alice):
    published = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    place_clients(published.scheme, by_rank={1: 1}, adviser=alice)
    reconcile(firm_id=alice.firm_id, start=TODAY)
    start_draft(scheme=published.scheme, by=alice)
    client.force_login(alice)
    assert 'hx-get="/matrix/draft/effect/"' in client.get("/matrix/draft/publish/").content.decode()
    page = client.get("/matrix/draft/effect/", {"effective_on": "2026-03-02"})
    assert page.context["effect"] == PlanEffect(0, 0, 0, Touchpoint.objects.count())
    for text in ("2026-13-99", "", "0001-01-01"):
        assert client.get("/matrix/draft/effect/", {"effective_on": text}).context["on"] == TODAY
