"""Who drifts is what plain Python says of each client; what people decide of it is decided once, and stands."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.conditions import Condition, Group, Match, Test, matches
from clients.models import Client, Person
from firms.models import PlanningRequest
from firms.wall import acting_for
from segmentation import reference, scoring
from segmentation.drift import (
    NotUndoable,
    ReasonMissing,
    SnoozeRefused,
    accept_drift,
    find_drift,
    keep_drift,
    snooze_drift,
    to_review,
    undo_decision,
)
from segmentation.models import Assignment, Drift, Method, Scale, Scheme, SchemeVersion, Winner
from segmentation.overriding import override_segment
from segmentation.publishing import firm_today, publish_version, start_draft
from segmentation.rules import CutRule, Plane, Rules, load_rules, write_rules
from segmentation.scoring import place_book
from segmentation.tending import tend_schemes
from segmentation.territory import floors, is_held, read_ranges
from tests import factories
from tests.segmentation.rows import make_book, make_rules, make_scheme, periods, potential
from tests.segmentation.test_scoring import CATALOGUE, CONDITIONED, ON, SCORED, random_book, random_rules

D = Decimal
MARCH = date(2026, 3, 1)


# --- The statement is what plain Python says ---


def ranges_by_hand(rules: Rules, placed: list[reference.Placed], ranked: list[reference.Placed]) -> dict[str, list[Decimal]]:
    """What `read_ranges` says in SQL."""
    scores: dict[int, list[Decimal]] = {}
    for row in placed:
        if row.score is not None:
            scores.setdefault(row.segment_id, []).append(row.score)
    if rules.method != Method.QUOTAS or not rules.conditioned:
        return {str(segment_id): [min(found), max(found)] for segment_id, found in scores.items()}
    share, ends = Decimal(0), [0]
    for cut in rules.cuts[:-1]:
        share += cut.quota or 0
        ends.append(min(ceil(Fraction(share) * len(ranked) / 100), len(ranked)))
    ends.append(len(ranked))
    found_ranges = {}
    for number, cut in enumerate(rules.cuts):
        if rules.winner == Winner.FLOOR:
            opened = [row.score or D(0) for row in ranked[ends[number] : ends[number + 1]]]
            if opened:
                found_ranges[str(cut.segment_id)] = [min(opened), max(opened)]
        elif cut.segment_id in scores:
            beyond = [row.score or D(0) for row in ranked[ends[number] :] if row.segment_id == cut.segment_id]
            least = min(scores[cut.segment_id])
            found_ranges[str(cut.segment_id)] = [least, max(beyond, default=least)]
    return found_ranges


def drift_by_hand(rules: Rules, firm_id: int, assigned: dict[int, tuple[int, str]]) -> list[tuple[int, int, int]]:
    book = []
    for client in scoring.book_of(firm_id):
        person = Person.objects.filter(client=client, is_primary=True).first()
        values = {key: CATALOGUE[key].value_of(client, person, on=ON) for key in {*SCORED, *CONDITIONED}}
        book.append(reference.BookEntry(client_id=client.pk, aum=client.aum, values=values))
    placed = reference.place_book(rules, book, catalogue=CATALOGUE, on=ON)
    ranges = ranges_by_hand(rules, placed, placed)
    values_of = {entry.client_id: entry.values for entry in book}
    asked = floors(rules)
    found = []
    for row in placed:
        segment_id, source = assigned.get(row.client_id, (row.segment_id, "computed"))
        floor = asked.get(segment_id)
        reaches = floor is None or matches(floor, values_of[row.client_id], catalogue=CATALOGUE, on=ON)
        held = is_held(rules, ranges, segment_id=segment_id, x=row.score, y=row.score_y, reaches_floor=reaches)  # type: ignore[arg-type]
        if segment_id != row.segment_id and source != "override" and not held:
            found.append((row.client_id, segment_id, row.segment_id))
    return sorted(found)


def drifting(scheme: Scheme) -> list[tuple[int, int, int]]:
    return sorted(Drift.objects.filter(scheme=scheme).values_list("client_id", "assigned_id", "computed_id"))


def in_segments(rules: Rules, ids: list[int]) -> Rules:
    """Random rules speak of segments 100, 101…; these are real."""

    def real(segment_id: int) -> int:
        return ids[segment_id - 100]

    return replace(
        rules,
        cuts=tuple(replace(cut, segment_id=real(cut.segment_id)) for cut in rules.cuts),
        fallback=None if rules.fallback is None else real(rules.fallback),
        plane=rules.plane and replace(rules.plane, cells=tuple(tuple(real(cell) for cell in cells) for cells in rules.plane.cells)),
    )


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rules=random_rules(),
    book=random_book(),
    margin=st.sampled_from([D(0), D("0.0001"), D(5), D("33.3333")]) | st.decimals(min_value=0, max_value=50, places=4),
    where=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["computed", "computed", "import", "override"])), min_size=12, max_size=12),
)
def test_the_drift_of_a_random_book_is_what_plain_python_says(alice, rules, book, margin, where):
    Drift.objects.all().delete()
    Assignment.objects.all().delete()
    Person.objects.all().delete()
    Client.objects.all().delete()
    Scheme.objects.all().delete()
    scheme = make_scheme(names=("One", "Two", "Three", "Four"))
    ids = list(scheme.segments.order_by("rank").values_list("pk", flat=True))
    version = SchemeVersion.objects.create(scheme=scheme, number=1)
    rules = in_segments(replace(rules, margin=margin), ids)
    births = [row.get("birth_date") for row in book]
    clients = Client.objects.bulk_create(
        Client(adviser=alice, name=f"Client {number}", **{key: value for key, value in row.items() if key != "birth_date"})
        for number, row in enumerate(book)
    )
    Person.objects.bulk_create(
        Person(client=client, is_primary=True, last_name="X", birth_date=birth) for client, birth in zip(clients, births, strict=True)
    )
    # The fifth place is nowhere: a newcomer.
    assigned = {client.pk: (ids[place], source) for client, (place, source) in zip(clients, where, strict=False) if place < len(ids)}
    Assignment.objects.bulk_create(
        Assignment(
            client_id=client_id,
            scheme=scheme,
            segment_id=segment_id,
            starts_on=ON,
            source=source,
            reason="Why" if source == "override" else "",
            expires_on=ON + timedelta(days=9) if source == "override" else None,
        )
        for client_id, (segment_id, source) in assigned.items()
    )
    place_book(version=version, rules=rules, on=ON)
    ranges = read_ranges(rules, scheme_id=scheme.pk, firm_id=alice.firm_id)
    find_drift(version=version, rules=rules, score_ranges=ranges, on=ON)
    expected = drift_by_hand(rules, alice.firm_id, assigned)
    assert drifting(scheme) == expected
    # Again, and for each client alone: nothing changes.
    before = list(Drift.objects.order_by("pk").values())
    find_drift(version=version, rules=rules, score_ranges=ranges, on=ON + timedelta(days=1))
    for client in clients:
        find_drift(version=version, rules=rules, score_ranges=ranges, on=ON, client_ids=[client.pk])
    assert list(Drift.objects.order_by("pk").values()) == before


# --- The margin ---


def make_version(rules: Rules, scheme: Scheme) -> SchemeVersion:
    draft = SchemeVersion.objects.create(scheme=scheme, number=scheme.versions.count() + 1)
    write_rules(version=draft, rules=rules)
    return draft


def publish(alice, scheme: Scheme, **rules: Any) -> SchemeVersion:
    segments = [segment.pk for segment in scheme.segments.order_by("rank")]
    version = publish_version(version=make_version(replace(make_rules(segments), **rules), scheme), by=alice, on=MARCH).version
    SchemeVersion.objects.filter(pk=version.pk).update(published_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    return version


def by_night(alice, nights: int = 1) -> None:
    tend_schemes(firm_id=alice.firm_id, today=MARCH + timedelta(days=nights))


def moves() -> list[tuple[str, str, str]]:
    return list(Drift.objects.order_by("client__name").values_list("client__name", "assigned__name_en", "computed__name_en"))


def test_a_client_on_the_border_of_the_margin_stays_and_one_unit_beyond_drifts(alice):
    """Middle is 40 to 70 and the margin 10: 30 and 79.9999 are still within, 29.9999 and 80 no longer."""
    make_book(alice, [None] * 4, aum=D(500_000))
    by_assets = replace(potential(), bands=(), scale=Scale.LINEAR, zero_at=D(0), full_at=D(1_000_000), attribute="aum")
    publish(alice, make_scheme(), margin=D(10), criteria=(by_assets,))
    for client, aum in zip(Client.objects.filter(adviser=alice).order_by("name"), [D(300_000), D(299_999), D(799_999), D(800_000)], strict=True):
        Client.objects.filter(pk=client.pk).update(aum=aum)
    by_night(alice)
    assert moves() == [("Client 1", "Middle", "Rest"), ("Client 3", "Middle", "Top")]


@pytest.mark.parametrize(("score", "drifts"), [(3, False), (2, True), (6, False), (7, True)])
def test_with_shares_the_margin_counts_from_the_scores_of_the_last_computation(alice, score, drifts):
    """Middle holds the scores 40 to 50 (Client 1 and 2), and the margin is 10."""
    make_book(alice, [9, 5, 4, 4, 1, 1])
    scheme = make_scheme()
    ids = [segment.pk for segment in scheme.segments.order_by("rank")]
    cuts = tuple(CutRule(segment_id=pk, quota=D(quota)) for pk, quota in zip(ids, (16, 50, 34), strict=True))
    publish(alice, scheme, method=Method.QUOTAS, margin=D(10), cuts=cuts)
    assert Scheme.objects.get().score_ranges == {
        str(ids[0]): ["90.0000", "90.0000"],
        str(ids[1]): ["40.0000", "50.0000"],
        str(ids[2]): ["10.0000", "10.0000"],
    }
    version, rules = scheme.versions.get(), load_rules(scheme.versions.get())
    held = is_held(rules, Scheme.objects.get().score_ranges, segment_id=ids[1], x=D(10 * score), y=None)
    assert held is not drifts
    assert version.status == "published"


def test_in_a_plane_the_margin_counts_on_each_axis(alice):
    rules = Rules(
        method=Method.PLANE,
        margin=D(5),
        cuts=(CutRule(segment_id=1), CutRule(segment_id=2)),
        plane=Plane(x_cuts=(D(50),), y_cuts=(D(50),), cells=((2, 2), (2, 1))),
    )
    corner = [(D(45), D(45)), (D("44.9999"), D(45)), (D(45), D("44.9999")), (D(100), D(45))]
    assert [is_held(rules, {}, segment_id=1, x=x, y=y) for x, y in corner] == [True, False, False, True]
    others = [(D("54.9999"), D(90)), (D(55), D("54.9999")), (D(55), D(55))]
    assert [is_held(rules, {}, segment_id=2, x=x, y=y) for x, y in others] == [True, True, False]


def test_a_client_who_flaps_within_the_margin_never_appears(alice):
    (client,) = make_book(alice, [7])
    publish(alice, make_scheme(), margin=D(10))
    for night, value in enumerate([6, 7, 6, 6, 7, 6], start=1):
        Client.objects.filter(pk=client.pk).update(potential=value)
        by_night(alice, night)
        assert moves() == []
    Client.objects.filter(pk=client.pk).update(potential=5)
    by_night(alice, 9)
    assert moves() == [("Client 0", "Top", "Middle")]


def floor(least: int) -> Group:
    return Group(Match.ALL, 0, (Condition("aum", Test.AT_LEAST, (D(least),)),))


def publish_with_floor(alice, scheme: Scheme, winner: Winner) -> None:
    ids = [segment.pk for segment in scheme.segments.order_by("rank")]
    cuts = (CutRule(segment_id=ids[0], quota=D(50), conditions=floor(1000)), CutRule(segment_id=ids[1], quota=D(50)))
    publish(alice, scheme, method=Method.QUOTAS, winner=winner, margin=D(10), criteria=(potential(), stated("aum")), cuts=cuts)


def stated(key: str) -> Any:
    return replace(potential(), key=f"stated-{key}", attribute=key, axis=0, weight=D(0), bands=())


def test_the_margin_does_not_hold_who_no_longer_reaches_the_floor(alice):
    """Top is the better half of those with a thousand: a fall through the floor is no flapping, however good the score."""
    make_book(alice, [9, 8, 3, 2], aum=D(2000))
    publish_with_floor(alice, make_scheme(names=("Top", "Rest")), Winner.FLOOR)
    Client.objects.filter(name="Client 0").update(aum=D(500))
    by_night(alice)
    assert moves() == [("Client 0", "Top", "Rest")]


def test_the_margin_does_not_hold_who_now_reaches_the_floor(alice):
    """A good score below for want of a floor makes the lower segment wide in scores: it must not hold who rises."""
    make_book(alice, [9, 8, 3, 2], aum=D(2000))
    Client.objects.filter(name="Client 0").update(aum=D(500))
    publish_with_floor(alice, make_scheme(names=("Top", "Rest")), Winner.FLOOR)
    Client.objects.filter(name="Client 0").update(aum=D(5000))
    by_night(alice)
    assert moves() == [("Client 0", "Rest", "Top")]


# --- What people say of it ---


@pytest.fixture
def drifted(alice):
    """Three clients of Middle who now score Top, and one who fell to Rest."""
    book = make_book(alice, [5, 5, 5, 5])
    scheme = make_scheme()
    publish(alice, scheme)
    Client.objects.filter(pk__in=[client.pk for client in book[:3]]).update(potential=9)
    Client.objects.filter(pk=book[3].pk).update(potential=1)
    by_night(alice)
    return book


def numbers(*clients: Client) -> list[int]:
    return list(Drift.objects.filter(client__in=clients).order_by("pk").values_list("pk", flat=True))


def states() -> list[tuple[str, str, str]]:
    return list(Drift.objects.order_by("client__name").values_list("client__name", "state", "reason"))


def test_drift_is_found_the_night_it_begins_and_not_again(alice, drifted):
    assert set(Drift.objects.values_list("since", "state")) == {(MARCH + timedelta(days=1), "open")}
    before = list(Drift.objects.order_by("pk").values())
    by_night(alice, 2)
    assert list(Drift.objects.order_by("pk").values()) == before


def test_accepting_moves_from_today_keeps_history_and_asks_the_planner(alice, drifted):
    PlanningRequest.objects.all().delete()
    today = firm_today(alice.firm_id)
    decided = accept_drift(drifts=numbers(drifted[0], drifted[3]), by=alice)
    assert (decided.done, decided.passed) == (2, 0)
    assert periods(drifted[0]) == [("Middle", "computed", "2026-03-01", today.isoformat()), ("Top", "computed", today.isoformat(), None)]
    assert periods(drifted[3])[-1] == ("Rest", "computed", today.isoformat(), None)
    assert Assignment.objects.get(client=drifted[0], ends_on=None).by == alice
    assert [name for name, _state, _reason in states()] == ["Client 1", "Client 2"]
    assert PlanningRequest.objects.exists()


def test_what_is_kept_stays_kept_until_the_rules_compute_yet_another_segment(alice, drifted):
    client = drifted[0]
    (number,) = numbers(client)
    keep_drift(drifts=[number], reason="  She asked to stay  ", by=alice)
    by_night(alice, 2)
    assert states()[0] == ("Client 0", "kept", "She asked to stay")
    Client.objects.filter(pk=client.pk).update(potential=1)
    by_night(alice, 3)
    assert states()[0] == ("Client 0", "open", "")
    # Another drift: whoever still looks at the first cannot decide on this one unseen.
    assert accept_drift(drifts=[number], by=alice).passed == 1
    assert periods(client) == [("Middle", "computed", "2026-03-01", None)]


def test_a_client_who_comes_back_by_itself_no_longer_drifts(alice, drifted):
    Client.objects.update(potential=5)
    by_night(alice, 2)
    assert states() == []


def test_what_is_snoozed_wakes_on_its_day(alice, drifted, time_machine):
    time_machine.move_to(datetime(2026, 3, 2, 17, tzinfo=UTC))
    snooze_drift(drifts=numbers(drifted[0]), until=MARCH + timedelta(days=5), by=alice)
    assert to_review(alice, today=MARCH + timedelta(days=4)).count() == 3
    by_night(alice, 4)
    assert states()[0][1] == "snoozed"
    # The day itself, also before its night was computed.
    assert to_review(alice, today=MARCH + timedelta(days=5)).count() == 4
    by_night(alice, 5)
    assert states()[0][1] == "open"


def test_who_is_placed_by_decision_does_not_drift(alice, drifted):
    client = drifted[0]
    segment = Scheme.objects.get().segments.get(rank=3)
    override_segment(client=client, segment=segment, reason="A promise", expires_on=firm_today(alice.firm_id) + timedelta(days=30), by=alice)
    by_night(alice, 2)
    assert [name for name, _state, _reason in states()] == ["Client 1", "Client 2", "Client 3"]


def test_a_scheme_that_moves_by_itself_moves_the_open_ones_alone(alice, drifted):
    today = firm_today(alice.firm_id)
    keep_drift(drifts=numbers(drifted[1]), reason="Stays", by=alice)
    snooze_drift(drifts=numbers(drifted[2]), until=today + timedelta(days=30), by=alice)
    Scheme.objects.update(moves_by_itself=True)
    by_night(alice, 2)
    assert [periods(client)[-1][0] for client in drifted] == ["Top", "Middle", "Middle", "Rest"]
    assert [state for _name, state, _reason in states()] == ["kept", "snoozed"]


def test_a_colleagues_clients_are_not_decided_on(alice, drifted):
    adviser = factories.make_user(name="Anna")
    decided = accept_drift(drifts=numbers(*drifted), by=adviser)
    assert (decided.done, decided.passed, len(states())) == (0, 4, 4)


def test_refusals_write_nothing(alice, drifted):
    today = firm_today(alice.firm_id)
    with pytest.raises(ReasonMissing):
        keep_drift(drifts=numbers(*drifted), reason="  ", by=alice)
    for until in (today, today - timedelta(days=1), today + timedelta(days=400)):
        with pytest.raises(SnoozeRefused):
            snooze_drift(drifts=numbers(*drifted), until=until, by=alice)
    with pytest.raises(NotUndoable):
        undo_decision(clients=[(Scheme.objects.get().pk, client.pk) for client in drifted], by=alice)
    assert {state for _name, state, _reason in states()} == {"open"}


# --- Undo ---


def test_a_decision_is_undone_as_if_nothing_had_happened(alice, drifted):
    before = [periods(client) for client in drifted]
    accepted = accept_drift(drifts=numbers(drifted[0]), by=alice)
    kept = keep_drift(drifts=numbers(drifted[1]), reason="Stays", by=alice)
    assert undo_decision(clients=[*accepted.clients, *kept.clients], by=alice) == 2
    assert [periods(client) for client in drifted] == before
    assert states() == [(f"Client {number}", "open", "") for number in range(4)]


def test_another_persons_decision_an_old_one_and_a_publication_are_not_undone(alice, drifted, time_machine):
    other = factories.make_user(role="admin", name="Bea")
    accepted = accept_drift(drifts=numbers(drifted[0]), by=alice)
    with pytest.raises(NotUndoable):
        undo_decision(clients=accepted.clients, by=other)
    publish_version(version=start_draft(scheme=Scheme.objects.get()), by=alice)
    with pytest.raises(NotUndoable):
        undo_decision(clients=[(accepted.clients[0][0], client.pk) for client in drifted], by=alice)
    assert periods(drifted[3])[-1][0] == "Rest"


def test_after_half_an_hour_a_decision_stands(alice, drifted, time_machine):
    kept = keep_drift(drifts=numbers(drifted[1]), reason="Stays", by=alice)
    time_machine.move_to(timezone.now() + timedelta(minutes=31))
    with pytest.raises(NotUndoable):
        undo_decision(clients=kept.clients, by=alice)


# --- At once ---


def committed_drift() -> tuple[Any, list[int]]:
    firm = factories.make_firm(name="Alpha Conseil")
    with acting_for(firm.pk):
        alice = factories.make_user(role="admin", name="Alice")
        make_book(alice, [5, 5, 5])
        publish(alice, make_scheme())
        Client.objects.update(potential=9)
        by_night(alice)
        return alice, list(Drift.objects.order_by("pk").values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second", ["accept", "keep", "snooze"])
def test_of_two_people_deciding_at_once_each_client_is_decided_once(second):
    alice, drifts = committed_drift()
    gate, results = threading.Barrier(2), {}

    def decide(name: str, order: list[int]) -> None:
        try:
            gate.wait()
            with acting_for(alice.firm_id):
                if name == "accept" or name == "first":
                    results[name] = accept_drift(drifts=order, by=alice)
                elif name == "keep":
                    results[name] = keep_drift(drifts=order, reason="Stays", by=alice)
                else:
                    results[name] = snooze_drift(drifts=order, until=firm_today(alice.firm_id) + timedelta(days=3), by=alice)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=("first", drifts)), threading.Thread(target=decide, args=(second, drifts[::-1]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((results[name].done, results[name].passed) for name in results) == [(0, 3), (3, 0)]
    with acting_for(alice.firm_id):
        moved = Assignment.objects.filter(ends_on=None, segment__rank=1).count()
        waiting = set(Drift.objects.values_list("state", flat=True))
        first_won = results["first"].done == 3 or second == "accept"
        assert (moved, waiting) == ((3, set()) if first_won else (0, {"kept" if second == "keep" else "snoozed"}))


@pytest.mark.django_db(transaction=True)
def test_a_decision_waits_for_a_night_and_is_told_that_the_drift_became_another():
    alice, drifts = committed_drift()
    held, go = threading.Event(), threading.Event()
    result = {}

    def night() -> None:
        try:
            with acting_for(alice.firm_id):
                Client.objects.update(potential=1)
                by_night(alice, 2)
                held.set()
                go.wait(10)
        finally:
            connections.close_all()

    def person() -> None:
        try:
            held.wait(10)
            with acting_for(alice.firm_id):
                result["decided"] = keep_drift(drifts=drifts, reason="Stays in Middle though Top", by=alice)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=night), threading.Thread(target=person)]
    for thread in threads:
        thread.start()
    held.wait(10)
    threads[1].join(0.5)
    assert threads[1].is_alive()
    go.set()
    for thread in threads:
        thread.join()
    assert (result["decided"].done, result["decided"].passed) == (0, 3)
    with acting_for(alice.firm_id):
        assert set(Drift.objects.values_list("state", "computed__name_en")) == {("open", "Rest")}
