"""The audit against the slow oracle, over random histories with changes of segment and of matrix."""

from collections import Counter
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models.functions import Now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Client, Interaction
from firms.models import Firm, Support, User
from firms.wall import enter_firm
from tests import factories
from tests.touchpoints import audit_oracle
from tests.touchpoints.rows import make_touchpoint
from tests.touchpoints.test_planning_oracle import STARTS, WEEKS, World
from touchpoints.audit import By, Period, audit_service, find_evidence
from touchpoints.fates import Counts, Fate
from touchpoints.models import Status, Touchpoint
from touchpoints.planning import mark_missed, reconcile, withdraw_unserved
from touchpoints.queries import touchpoints_visible_to

KEY = ("client", "touchpoint_type", "service_year", "ordinal")
# Which touchpoints there are depends on the numbers of rows, so what happens to them is drawn at once.
SEEDS = st.integers(0, 2**20)
KEYS = {By.SEGMENT: "segment_id", By.ADVISER: "adviser_id", By.TYPE: "touchpoint_type_id", By.CLIENT: "client_id"}


def deliver(world: World) -> None:
    """Some of what is open is done: before its day, in its window or after it, written down at once or later, near midnight too."""
    chance, zone = Random(world.draw(SEEDS)), ZoneInfo(world.firm.time_zone)
    for touchpoint in some_open(chance):
        day = touchpoint.window_ends_on + timedelta(days=chance.choice([*range(-20, 6), 0, 0, 1, 1]))
        moment = datetime.combine(day, chance.choice([time(0, 1), time(12), time(23, 59)]), tzinfo=zone)
        interaction = None
        if chance.random() < 0.8:
            interaction = Interaction.objects.create(
                client_id=touchpoint.client_id, happened_at=moment, channel=touchpoint.channel, subject="Call", by=world.advisers[0]
            )
        logged = moment + timedelta(days=chance.choice([0, 0, 1, 9]))
        change: dict[str, Any] = {"status": Status.DONE, "closed_at": logged, "closed_by": world.advisers[0], "interaction": interaction}
        Touchpoint.objects.filter(pk=touchpoint.pk).update(**change)


def handle(world: World) -> None:
    """Some of what is open is skipped, claimed, snoozed, moved or called off by a person; some of what was done is undone."""
    chance, by = Random(world.draw(SEEDS)), world.advisers[0]
    for touchpoint in some_open(chance):
        change: dict[str, Any] = chance.choice(
            [
                {"status": Status.SKIPPED, "closed_by": by, "closed_at": Now(), "reason": "Away"},
                {"status": Status.CLAIMED, "claimed_by": by, "claimed_at": Now()},
                {"status": Status.CANCELLED, "closed_by": by, "closed_at": Now()},
                {"snoozed_until": touchpoint.window_ends_on, "is_hand_set": True},
                {"due_on": touchpoint.window_ends_on, "window_ends_on": touchpoint.window_ends_on + timedelta(days=9), "is_hand_set": True},
            ]
        )
        Touchpoint.objects.filter(pk=touchpoint.pk).update(**change)
    undone = Touchpoint.objects.filter(status__in=("done", "skipped")).order_by(*KEY).first()
    if undone is not None and chance.random() < 0.3:
        Touchpoint.objects.filter(pk=undone.pk).update(status=Status.PLANNED, reason="", closed_by=None, closed_at=None, interaction=None)


def some_open(chance: Random) -> list[Touchpoint]:
    found = list(Touchpoint.objects.filter(status__in=("planned", "claimed")).order_by(*KEY))
    return chance.sample(found, min(len(found), chance.randint(1, 12)))


def plan(world: World) -> None:
    """What a night does, on the day it is."""
    reconcile(firm_id=world.firm.pk, start=world.start, months=world.draw(st.sampled_from([12, 3])))
    withdraw_unserved(firm_id=world.firm.pk)
    mark_missed(firm_id=world.firm.pk, today=world.start)


EVENTS = (*(event for event in World.EVENTS if event is not World.work), deliver, deliver, deliver, handle, handle, plan, plan, plan)


def check(world: World, firm: Firm, reader: User, books: set[int] | None) -> None:
    """Every figure and what proves it, for a period that holds some or all of it, as a reader sees it."""
    first = world.start + timedelta(days=world.draw(st.integers(-500, 100)))
    period = Period(first, first + timedelta(days=world.draw(st.sampled_from([0, 30, 400, 1500]))))
    today, by = world.start, world.one_of(list(By))

    def sees(touchpoint: Touchpoint) -> bool:
        return books is None or touchpoint.adviser_id in books

    expected = audit_oracle.expect(firm=firm, first=period.first, last=period.last, today=today, key=lambda t: getattr(t, KEYS[by]), sees=sees)
    seen = touchpoints_visible_to(reader)
    audit = audit_service(firm=firm, seen=seen, period=period, by=by, today=today, most=None)
    assert counted(audit.totals) == expected.totals
    assert {month: counted(counts) for month, counts in audit.months.items() if any(asdict(counts).values())} == expected.months
    assert {line.key: counted(line.counts) for line in audit.lines} == expected.groups
    assert (audit.met.supposed, audit.met.missed, audit.met.late) == expected.met
    found = [(each.pk, told(each)) for each in find_evidence(firm=firm, seen=seen, period=period, fates=Fate.values, today=today)]
    assert sorted(found) == sorted(
        (each.pk, audit_oracle.fate(each, firm, today))
        for each in Touchpoint.objects.filter(firm_id=firm.pk)
        if period.first <= each.due_on <= period.last and sees(each)
    )


def told(touchpoint: Any) -> str:
    return str(touchpoint.fate)


def counted(counts: Counts) -> Counter[str]:
    return Counter({fate: number for fate, number in asdict(counts).items() if number})


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_the_audit_counts_what_the_oracle_counts(alice: User, data: st.DataObject) -> None:
    with transaction.atomic():
        firm = factories.make_firm(name="Random", region=data.draw(st.sampled_from(["CA-QC", "FR"])))
        Firm.objects.filter(pk=firm.pk).update(working_days=data.draw(WEEKS))
        firm.refresh_from_db()
        world = World(data.draw, firm, data.draw(STARTS))
        admin = User.objects.create(email="admin@random.test", role="admin")
        assistant = User.objects.create(email="assistant@random.test", role="assistant")
        Support.objects.create(assistant=assistant, adviser=world.advisers[-1])
        readers: list[tuple[User, set[int] | None]] = [
            (admin, None), (world.advisers[0], {world.advisers[0].pk}), (assistant, {world.advisers[-1].pk}),
        ]  # fmt: skip
        plan(world)
        for _ in range(2):
            for _ in range(data.draw(st.integers(2, 10))):
                data.draw(st.sampled_from(EVENTS))(world)
            if Client.objects.exists():
                check(world, firm, *world.one_of(readers))
        transaction.set_rollback(True)
    enter_firm(alice.firm_id)


def test_the_day_of_the_firm_decides_and_not_that_of_the_clock(alice: User) -> None:
    """23:30 in Montréal on the last day of a window is in time, although it is the day after in UTC."""
    firm, zone = Firm.objects.get(pk=alice.firm_id), ZoneInfo("America/Toronto")
    last_day = date(2026, 3, 10)
    for hour, fate in ((datetime(2026, 3, 10, 23, 30, tzinfo=zone), "on_time"), (datetime(2026, 3, 11, 0, 30, tzinfo=zone), "late")):
        touchpoint = make_touchpoint(adviser=alice, due_on=last_day, window_days=0, status="done", closed_at=hour)
        found = find_evidence(
            firm=firm, seen=Touchpoint.objects.filter(pk=touchpoint.pk), period=Period(last_day, last_day), fates=Fate.values, today=last_day
        )
        assert [told(each) for each in found] == [fate]
