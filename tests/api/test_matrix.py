"""Channels, strategy templates and versions of the matrix, as the pages write them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from firms.models import PlanningRequest, User
from firms.wall import enter_firm
from segmentation.models import Scheme, Segment
from segmentation.publishing import firm_today
from service_matrix.channels import ChannelDraft, save_channel
from service_matrix.models import FirmChannel, MatrixVersion, Promise, SegmentStrategy, StrategyTemplate, TouchpointType
from service_matrix.strategies import StrategyDraft, set_strategy
from service_matrix.strategy_templates import save_template
from service_matrix.versions import clear_promise, publish_version, set_promise, start_draft
from tests.api.rows import Caller, count_statements
from tests.api.test_base import error
from tests.service_matrix.rows import make_draft, make_scheme, place_clients, segment_of, terms
from touchpoints.models import Touchpoint
from touchpoints.planning import plan_if_due

MESSENGER = {"name_en": "Messenger", "name_fr": "Messagerie", "counts_as": "sms", "roles": ["urgent", "reminders", "urgent"]}


@pytest.fixture
def caller(alice: User) -> Caller:
    return Caller(alice)


@pytest.fixture
def published(alice: User) -> MatrixVersion:
    version = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    PlanningRequest.objects.all().delete()
    return version


@pytest.fixture
def today(alice: User) -> date:
    return firm_today(alice.firm_id)


def statuses() -> dict[int, str]:
    return dict(MatrixVersion.objects.order_by("number").values_list("number", "status"))


def column(version: int, segment: Segment) -> list[Any]:
    rows = Promise.objects.filter(version=version, segment=segment).order_by("touchpoint_type")
    return list(rows.values_list("touchpoint_type", "times", "channel", "minutes"))


# Channels


def test_a_channel_is_added_renamed_archived_and_brought_back(caller):
    made = caller.post("channels/", MESSENGER)
    expected = MESSENGER | {"id": FirmChannel.objects.get().pk, "roles": ["urgent", "reminders"], "is_active": True}
    assert (made.status_code, made.json()) == (201, expected)
    address = f"channels/{made.json()['id']}/"
    assert caller.patch(address, {"name_fr": "Clavardage"}).json() == expected | {"name_fr": "Clavardage"}
    assert caller.patch(address, {"is_active": False}).json()["is_active"] is False
    assert [row["id"] for row in caller.get("channels/", is_active="true").json()["results"]] == []
    assert caller.patch(address, {"is_active": True}).json() == caller.get(address).json() == expected | {"name_fr": "Clavardage"}
    assert error(caller.send("DELETE", address))[:2] == (405, "method_not_allowed")


def test_a_channel_that_makes_no_sense_is_refused_beside_the_field(caller):
    kept = caller.post("channels/", MESSENGER).json()
    wrong = {"name_en": " ", "name_fr": "M" * 41, "counts_as": "own:1", "roles": ["loud"], "is_active": "perhaps"}
    fields = ["counts_as", "is_active", "name_en", "name_fr", "roles.0"]
    refused = caller.post("channels/", wrong), caller.patch(f"channels/{kept['id']}/", wrong)
    assert [(error(answer)[0], sorted(error(answer)[3])) for answer in refused] == [(400, fields)] * 2
    assert caller.get("channels/").json()["results"] == [kept]


def test_the_built_in_channels_say_what_they_are_for(caller):
    found = {row["channel"]: (row["name"], row["roles"]) for row in caller.get("channels/built-in/").json()}
    assert (len(found), found["sms"]) == (8, ("SMS", ["reminders", "urgent"]))


# Strategy templates


def test_a_column_is_kept_under_a_name_and_put_onto_another_segment(caller, alice):
    draft = make_draft(by=alice)
    first, third = (segment_of(draft.scheme, rank) for rank in (1, 3))
    set_strategy(segment=first, draft=StrategyDraft(revenue_from=Decimal(5000), technology_en="CRM"), by=alice)
    made = caller.post("strategy-templates/", {"version": draft.pk, "segment": first.pk, "name": " Like Premium "})
    assert made.status_code == 201
    kept = made.json()
    assert (kept["name"], kept["by_name"], kept["origin"]) == ("Like Premium", "Alice Roy", "Service · Premium · 1")
    assert kept["strategy"] == {"revenue_from": "5000.00", "technology_en": "CRM"}
    said = [tuple(row[name] for name in ("touchpoint_type", "times", "channel", "minutes")) for row in kept["promises"]]
    assert said == column(draft.pk, first)
    assert caller.get("strategy-templates/").json()["results"] == [{name: value for name, value in kept.items() if name != "promises"}]
    sent = {"version": draft.pk, "revision": 1, "segment": third.pk, "with_strategy": True}
    applied = caller.post(f"strategy-templates/{kept['id']}/apply/", sent)
    assert (applied.status_code, applied.json()["id"], applied.json()["revision"]) == (200, draft.pk, 2)
    assert column(draft.pk, third) == column(draft.pk, first)
    assert SegmentStrategy.objects.get(segment=third).revenue_from == 5000
    assert caller.send("DELETE", f"strategy-templates/{kept['id']}/").status_code == 204
    assert (StrategyTemplate.objects.count(), column(draft.pk, third)) == (0, column(draft.pk, first))


def test_a_template_that_cannot_be_kept_or_applied_is_refused_and_changes_nothing(caller, alice):
    draft = make_draft(by=alice)
    first, second = (segment_of(draft.scheme, rank) for rank in (1, 2))
    template = save_template(version=draft, segment=first, name="Premium", description="", by=alice)
    Promise.objects.filter(version=draft, segment=second).delete()
    other = Segment.objects.create(scheme=Scheme.objects.create(name_en="Other", name_fr="Autre"), rank=1, name_en="One", name_fr="Un")
    kept = {"version": draft.pk, "segment": first.pk, "name": "Premium"}
    address = f"strategy-templates/{template.pk}/apply/"
    applied = {"version": draft.pk, "revision": 1, "segment": second.pk}
    not_of_it = ["This segment is not of the version’s scheme."]
    refused = [
        (caller.post("strategy-templates/", kept), {"name": ["Another template has this name."]}),
        (caller.post("strategy-templates/", kept | {"name": "Gold", "segment": second.pk}), {"segment": ["This segment is promised nothing yet."]}),
        (caller.post("strategy-templates/", kept | {"name": "Gold", "segment": other.pk}), {"segment": not_of_it}),
        (caller.post(address, applied | {"segment": other.pk}), {"segment": not_of_it}),
    ]
    assert [error(answer)[::3] for answer, _fields in refused] == [(400, fields) for _answer, fields in refused]
    assert error(caller.post(address, applied | {"revision": 5}))[:2] == (409, "draft_changed")
    assert (StrategyTemplate.objects.count(), column(draft.pk, second)) == (1, [])
    publish_version(version=draft, revision=1, by=alice)
    # What is published is no draft to put anything into.
    assert error(caller.post(address, applied))[3].keys() == {"version"}


# Versions


def test_a_draft_begins_from_a_shipped_matrix_or_from_what_is_published(caller, alice):
    assert error(caller.post("matrix-versions/", {}))[:2] == (409, "no_service_scheme")
    make_scheme()
    assert error(caller.post("matrix-versions/", {"preset": "vip_gold_silver_bronze"}))[3] == {
        "preset": ["This matrix has more levels than the scheme has segments."]
    }
    assert not MatrixVersion.objects.exists()
    made = caller.post("matrix-versions/", {"preset": "premium_standard_acquisition"})
    assert (made.status_code, made.json()["number"], made.json()["status"], made.json()["reactive_minutes"]) == (201, 1, "draft", 60)
    assert error(caller.post("matrix-versions/", {}))[:3] == (
        409,
        "draft_exists",
        "A draft is already in progress: publish or discard it first.",
    )
    address = f"matrix-versions/{made.json()['id']}/"
    assert caller.patch(address, {"revision": 1, "reactive_minutes": 90}).json()["reactive_minutes"] == 90
    assert error(caller.patch(address, {"revision": 2, "reactive_minutes": -1}))[3] == {
        "reactive_minutes": ["From 0 to 6,000 minutes a client and year."]
    }
    assert error(caller.patch(address, {"revision": 1, "reactive_minutes": 30}))[:2] == (409, "draft_changed")
    assert error(caller.send("DELETE", address + "?revision=1"))[:2] == (409, "draft_changed")
    assert caller.send("DELETE", address + "?revision=2").status_code == 204
    assert not MatrixVersion.objects.exists()


def test_a_segment_is_promised_what_another_is_and_it_is_undone_and_done_again(caller, alice):
    draft = make_draft(by=alice)
    address, (first, third) = f"matrix-versions/{draft.pk}/", [segment_of(draft.scheme, rank) for rank in (1, 3)]
    wanted, before = column(draft.pk, first), column(draft.pk, third)
    assert caller.post(address + "copy/", {"revision": 1, "source": first.pk, "target": third.pk}).json()["revision"] == 2
    assert column(draft.pk, third) == wanted
    assert caller.post(address + "undo/", {"revision": 2}).json()["revision"] == 3
    assert column(draft.pk, third) == before
    assert caller.post(address + "redo/", {"revision": 3}).json()["revision"] == 4
    assert column(draft.pk, third) == wanted
    other = Segment.objects.create(scheme=Scheme.objects.create(name_en="Other", name_fr="Autre"), rank=1, name_en="One", name_fr="Un")
    for target in (first, other):
        refused = caller.post(address + "copy/", {"revision": 4, "source": first.pk, "target": target.pk})
        assert error(refused)[3] == {"target": ["Choose two different segments of the version’s scheme."]}
    assert error(caller.post(address + "redo/", {"revision": 4}))[:2] == (409, "nothing_to_undo")
    assert error(caller.post(address + "undo/", {"revision": 1}))[:2] == (409, "draft_changed")
    draft.refresh_from_db()
    assert (draft.revision, column(draft.pk, third)) == (4, wanted)


def test_a_segment_is_not_promised_like_another_what_is_of_a_type_out_of_use(caller, alice):
    draft = make_draft(by=alice)
    first, third = (segment_of(draft.scheme, rank) for rank in (1, 3))
    TouchpointType.objects.filter(key="reporting").update(is_active=False)
    before = column(draft.pk, third)
    refused = caller.post(f"matrix-versions/{draft.pk}/copy/", {"revision": 1, "source": first.pk, "target": third.pk})
    assert error(refused)[::3] == (400, {"source": ["It is promised a touchpoint type that is no longer in use."]})
    draft.refresh_from_db()
    assert (draft.revision, column(draft.pk, third)) == (1, before)


def test_a_draft_begins_like_another_schemes_matrix_rank_by_rank(caller, alice, published):
    other = Scheme.objects.create(name_en="Other", name_fr="Autre")
    segments = [Segment.objects.create(scheme=other, rank=rank, name_en=f"S{rank}", name_fr=f"S{rank}") for rank in (1, 2)]
    # Of the service scheme itself a draft is a copy anyway.
    assert error(caller.post("matrix-versions/", {"like": published.pk}))[3].keys() == {"like"}
    Scheme.objects.filter(pk=published.scheme_id).update(is_service=False)
    Scheme.objects.filter(pk=other.pk).update(is_service=True)
    assert error(caller.post("matrix-versions/", {"like": published.pk, "preset": "gap"}))[3].keys() == {"like"}
    made = caller.post("matrix-versions/", {"like": published.pk}).json()
    assert [column(made["id"], segment) for segment in segments] == [column(published.pk, segment_of(published.scheme, rank)) for rank in (1, 2)]


def test_what_a_draft_promises_otherwise_is_said_before_it_is_published(caller, alice, published):
    place_clients(published.scheme, by_rank={1: 2}, adviser=alice)
    draft = start_draft(scheme=published.scheme, by=alice)
    newsletter, reporting = (TouchpointType.objects.get(key=key) for key in ("newsletter", "reporting"))
    second, third = (segment_of(published.scheme, rank) for rank in (2, 3))
    set_promise(version=draft, segment=second, touchpoint_type=newsletter, revision=1, terms=terms(times=9, minutes=60), by=alice)
    clear_promise(version=draft, segment=third, touchpoint_type=reporting, revision=2, by=alice)
    found = caller.get(f"matrix-versions/{draft.pk}/comparison/").json()
    assert found["against"] == published.pk
    assert [(row["touchpoint_type"], row["segment_name"], row["kind"], row["words"]) for row in found["difference"]["cells"]] == [
        (newsletter.pk, "Standard", "added", ["now promised: 9 × Phone · 60 min"]),
        (reporting.pk, "Acquisition", "removed", ["no longer promised: 1 × E-mail · 15 min"]),
    ]
    assert (found["difference"]["answering"], found["difference"]["profiles"]) == (None, [])
    assert [(row["segment_name"], row["clients"], row["before"] == row["after"]) for row in found["hours"]] == [
        ("Premium", 2, True),
        ("Standard", 0, True),
        ("Acquisition", 0, True),
    ]
    assert [(row["segment"], row["touchpoint_type"], row["text"]) for row in found["warnings"]] == [
        (second.pk, newsletter.pk, "Standard is promised “Newsletter” 9 times a year, more than Premium (0).")
    ]
    alone = caller.get(f"matrix-versions/{published.pk}/comparison/").json()
    assert (alone["against"], alone["difference"], alone["warnings"], alone["hours"][0]["before"]) == (None, None, [], None)


def test_what_publishing_would_do_to_the_years_touchpoints_is_counted_and_nothing_is_written(caller, alice, published, today):
    place_clients(published.scheme, by_rank={1: 2}, adviser=alice)
    PlanningRequest.objects.create()
    plan_if_due(firm_id=alice.firm_id)
    enter_firm(alice.firm_id)
    draft = start_draft(scheme=published.scheme, by=alice)
    address, planned = f"matrix-versions/{draft.pk}/effect/", Touchpoint.objects.count()
    same = caller.get(address).json()
    assert same == {"on": str(today), "added": 0, "changed": 0, "cancelled": 0, "kept": planned, "unplaced": 0}
    calls = TouchpointType.objects.get(key="check_in_call")
    clear_promise(version=draft, segment=segment_of(draft.scheme, 1), touchpoint_type=calls, revision=1, by=alice)
    before = list(Touchpoint.objects.order_by("pk").values())
    lost = Touchpoint.objects.filter(touchpoint_type=calls).count()
    assert lost > 0
    assert caller.get(address, effective_on=str(today)).json() == same | {"cancelled": lost, "kept": planned - lost}
    tomorrow = str(today + timedelta(days=1))
    assert caller.get(address, effective_on=tomorrow).json()["on"] == tomorrow
    past = ["Choose today or a day to come, at most two years ahead."]
    assert error(caller.get(address, effective_on=str(today - timedelta(days=1))))[3] == {"effective_on": past}
    assert error(caller.get(address, effective_on="soon"))[3].keys() == {"effective_on"}
    assert error(caller.get(f"matrix-versions/{published.pk}/effect/"))[:2] == (404, "not_found")
    assert (list(Touchpoint.objects.order_by("pk").values()), PlanningRequest.objects.exists()) == (before, False)


def test_what_returning_to_a_retired_version_would_do_is_counted_too(caller, alice, published, today):
    place_clients(published.scheme, by_rank={1: 2}, adviser=alice)
    draft = start_draft(scheme=published.scheme, by=alice)
    calls = TouchpointType.objects.get(key="check_in_call")
    clear_promise(version=draft, segment=segment_of(draft.scheme, 1), touchpoint_type=calls, revision=1, by=alice)
    publish_version(version=draft, revision=2, by=alice)
    plan_if_due(firm_id=alice.firm_id)
    enter_firm(alice.firm_id)
    place_clients(published.scheme, by_rank={1: 3}, adviser=alice)
    kept = Touchpoint.objects.count()
    found = caller.get(f"matrix-versions/{published.pk}/effect/", effective_on="2026-01-01").json()
    assert found.pop("added") > 0
    assert found == {"on": str(today), "changed": 0, "cancelled": 0, "kept": kept, "unplaced": 3}


def test_publishing_today_sends_to_where_the_planning_is_seen(caller, alice, published, today):
    draft = start_draft(scheme=published.scheme, by=alice)
    answer = caller.post(f"matrix-versions/{draft.pk}/publish/", {"revision": 1})
    version = answer.json()["version"]
    assert (answer.status_code, version["status"], version["effective_on"], version["published_by"]) == (202, "published", str(today), alice.pk)
    assert answer["Location"] == answer.json()["look_at"] == "http://testserver/api/v1/planning/"
    assert caller.get("planning/").json()["is_up_to_date"] is False
    assert statuses() == {1: "retired", 2: "published"}


@pytest.mark.parametrize("days", [-1, -9999, 732])
def test_a_day_past_or_out_of_reach_is_refused_beside_the_field_and_nothing_is_written(caller, alice, published, today, days):
    draft = start_draft(scheme=published.scheme, by=alice)
    refused = caller.post(f"matrix-versions/{draft.pk}/publish/", {"revision": 1, "effective_on": str(today + timedelta(days=days))})
    words = {"effective_on": ["Choose today or a day to come, at most two years ahead."]}
    assert error(refused) == (400, "invalid", "Some values are not valid.", words)
    draft.refresh_from_db()
    assert (statuses(), draft.revision, draft.effective_on) == ({1: "published", 2: "draft"}, 1, None)
    assert not PlanningRequest.objects.exists()


def test_a_version_is_scheduled_once_and_called_off(caller, alice, published, today):
    draft = start_draft(scheme=published.scheme, by=alice)
    scheduled = caller.post(f"matrix-versions/{draft.pk}/publish/", {"revision": 1, "effective_on": str(today + timedelta(days=1))})
    assert (scheduled.status_code, scheduled.json()["version"]["status"], scheduled.json()["look_at"]) == (200, "scheduled", None)
    assert not PlanningRequest.objects.exists()
    other = start_draft(scheme=published.scheme, by=alice)
    refused = caller.post(f"matrix-versions/{other.pk}/publish/", {"revision": 1, "effective_on": str(today + timedelta(days=2))})
    assert error(refused)[3] == {"effective_on": ["Another version waits for its day: call it off first, or publish this one today."]}
    assert error(caller.post(f"matrix-versions/{draft.pk}/call-off/"))[:2] == (409, "draft_exists")
    caller.send("DELETE", f"matrix-versions/{other.pk}/?revision=1")
    called_off = caller.post(f"matrix-versions/{draft.pk}/call-off/").json()
    assert (called_off["status"], called_off["effective_on"], statuses()) == ("draft", None, {1: "published", 2: "draft"})
    assert error(caller.post(f"matrix-versions/{published.pk}/call-off/"))[:2] == (409, "draft_exists")
    caller.send("DELETE", f"matrix-versions/{draft.pk}/?revision={called_off['revision']}")
    assert error(caller.post(f"matrix-versions/{published.pk}/call-off/"))[:2] == (409, "not_scheduled")


def test_what_is_stale_decided_or_empty_is_not_published(caller, alice, published):
    draft = start_draft(scheme=published.scheme, by=alice)
    address = f"matrix-versions/{draft.pk}/publish/"
    assert error(caller.post(address, {}))[3].keys() == {"revision"}
    assert error(caller.post(address, {"revision": 7}))[:2] == (409, "draft_changed")
    Promise.objects.filter(version=draft).delete()
    assert error(caller.post(address, {"revision": 1}))[:3] == (
        409,
        "nothing_promised",
        "This matrix promises nothing yet: fill in at least one cell.",
    )
    assert error(caller.post(f"matrix-versions/{published.pk}/publish/", {"revision": 1}))[:2] == (409, "draft_changed")
    draft.refresh_from_db()
    assert (statuses(), draft.revision, PlanningRequest.objects.exists()) == ({1: "published", 2: "draft"}, 1, False)


def test_a_former_version_is_returned_to_as_a_version_of_its_own(caller, alice, published):
    second = publish_version(version=start_draft(scheme=published.scheme, by=alice), revision=1, by=alice)
    PlanningRequest.objects.all().delete()
    assert error(caller.post(f"matrix-versions/{second.pk}/roll-back/"))[:2] == (409, "not_retired")
    assert (statuses(), PlanningRequest.objects.exists()) == ({1: "retired", 2: "published"}, False)
    back = caller.post(f"matrix-versions/{published.pk}/roll-back/")
    assert (back.status_code, back.json()["version"]["number"], back["Location"]) == (202, 3, "http://testserver/api/v1/planning/")
    assert statuses() == {1: "retired", 2: "retired", 3: "published"}
    Promise.objects.filter(version=second).delete()
    assert error(caller.post(f"matrix-versions/{second.pk}/roll-back/"))[1:3] == (
        "nothing_promised",
        "That version promises nothing to the segments there are now.",
    )


def test_lists_cost_the_same_for_one_row_and_thirty(caller, alice):
    draft = make_draft(by=alice)
    first = segment_of(draft.scheme, 1)
    paths, counts = ("channels/", "strategy-templates/", "matrix-versions/"), []
    for rows in (range(1), range(1, 30)):
        for number in rows:
            save_channel(channel=None, draft=ChannelDraft(name_en=f"C{number}", name_fr=f"C{number}", counts_as="sms", roles=[]), by=alice)
            save_template(version=draft, segment=first, name=f"Template {number}", description="", by=alice)
            if number:
                MatrixVersion.objects.create(scheme=draft.scheme, number=number + 1, status="retired")
        counts.append([count_statements(caller, path) for path in paths])
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 8
