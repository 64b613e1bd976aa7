"""One promise, resolved: the reference told case by case, and the SQL of a whole book held equal to it."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation.models import Assignment, Initiative, Scheme, Segment
from service_matrix.anchors import DAYS_IN_MONTH, MOST_EVERY, Anchor, Event, times_of_interval
from service_matrix.entitlements import NO_PROFILE, entitled_clients, read_entitlements
from service_matrix.models import MatrixVersion, Performer, ProfileRule, Promise, PromiseException, Spacing
from service_matrix.promises import TERMS, PromiseTerms, settle_terms, terms_of
from service_matrix.resolving import Effective, adapt_terms, except_terms, interval_of
from service_matrix.versions import ensure_catalogue
from tests import factories
from tests.service_matrix.rows import make_scheme, segment_of, terms

TODAY = date(2026, 6, 1)


def rule(**said: Any) -> SimpleNamespace:
    silent = {
        "touchpoint_type_id": None,
        "of_channel": "",
        "channel": "",
        "own_channel_id": None,
        "initiative": "",
        "spacing": "",
        "times_change": None,
    }
    return SimpleNamespace(**silent | said)


def exception(**said: Any) -> SimpleNamespace:
    silent = {"is_nothing": False, "times": None, "channel": "", "own_channel_id": None, "performer": "", "minutes": None}
    return SimpleNamespace(**silent | said)


def adapt(promised: PromiseTerms, *rules: Any, kind: int = 1) -> Effective:
    return adapt_terms(promised, rules=rules, touchpoint_type_id=kind)


def test_the_narrowest_rule_that_says_something_is_heard():
    everything, calls, this = (
        rule(channel="email", times_change=1, initiative="client"),
        rule(of_channel="phone", times_change=-1),
        rule(touchpoint_type_id=1, channel="video"),
    )
    changed = adapt(terms(times=4), everything, calls, this)
    assert (changed.terms.channel, changed.terms.times, changed.initiative) == ("video", 3, "client")
    assert adapt(terms(times=4), everything, calls, this, kind=2).terms.channel == "email"
    assert adapt(terms(times=4, channel="post"), calls).terms == terms(times=4, channel="post")


def test_a_rule_of_no_change_shields_a_promise_from_a_wider_one():
    assert adapt(terms(times=4), rule(times_change=2), rule(touchpoint_type_id=1, times_change=0)).terms.times == 4


def test_a_profile_never_takes_a_promise_away():
    assert adapt(terms(times=1), rule(times_change=-3)).terms.times == 1
    assert adapt(terms(times=3, times_at_most=4), rule(times_change=-3)).terms == terms(times=1, times_at_most=1)


def test_a_window_closes_before_the_next_occurrence():
    assert adapt(terms(times=10, window_days=30), rule(times_change=2)).terms == terms(times=12, window_days=29)


def test_what_hangs_on_a_birthday_or_an_event_is_neither_spread_nor_multiplied():
    for anchored in (terms(times=1, anchor="birthday"), terms(times=2, anchor="event", anchor_event="meeting_held", anchor_days=5)):
        for spacing in Spacing.values:
            assert adapt(anchored, rule(spacing=spacing, times_change=2)).terms == anchored


def test_spread_evenly_frees_a_month_or_a_date():
    assert adapt(terms(times=1, anchor="month", anchor_month=3), rule(spacing="evenly", times_change=1)).terms == terms(times=2)


def test_once_a_year_may_meet_the_annual_review():
    assert adapt(terms(times=1), rule(spacing="review")).terms == terms(times=1, anchor="review")
    assert adapt(terms(times=2), rule(spacing="review")).terms == terms(times=2)


def test_counted_from_the_last_contact_promises_as_many_a_year_or_stays_as_it_is():
    assert adapt(terms(times=4), rule(spacing="rolling")).terms == terms(times=4, every=3, every_unit="months")
    assert adapt(terms(times=9), rule(spacing="rolling")).terms == terms(times=9)
    known = {times: interval for times in range(1, 53) if (interval := interval_of(times)) is not None}
    assert {times: times_of_interval(*interval) for times, interval in known.items()} == {times: times for times in known}


def test_an_interval_stays_an_interval_when_its_number_changes():
    assert adapt(terms(times=4, every=3, every_unit="months"), rule(times_change=1)).terms == terms(times=5, every=10, every_unit="weeks")


def test_an_exception_comes_on_top_of_the_profile():
    kind = SimpleNamespace(channel="email", performer="assistant", minutes=5, direct_cost=Decimal(2))
    adapted = adapt(terms(times=1, anchor="birthday"), rule(channel="video", initiative="client"))
    found = except_terms(adapted, exception=exception(times=3, minutes=45), touchpoint_type=kind)  # type: ignore[arg-type]
    assert found == Effective(terms(times=3, channel="video", minutes=45), "client")
    assert except_terms(adapted, exception=exception(is_nothing=True), touchpoint_type=kind) is None  # type: ignore[arg-type]


def test_an_exception_may_promise_what_the_segment_does_not():
    kind = SimpleNamespace(channel="email", performer="assistant", minutes=5, direct_cost=Decimal(2))
    found = except_terms(None, exception=exception(times=12), touchpoint_type=kind)  # type: ignore[arg-type]
    assert found is not None
    assert found.terms == terms(times=12, channel="email", performer="assistant", minutes=5, window_days=15, direct_cost=Decimal(2))
    assert except_terms(None, exception=exception(channel="phone"), touchpoint_type=kind) is None  # type: ignore[arg-type]


@st.composite
def some_terms(draw: Any) -> PromiseTerms:
    anchor = draw(st.sampled_from(Anchor.values))
    every_unit = draw(st.sampled_from([*MOST_EVERY])) if anchor == Anchor.SPREAD and draw(st.booleans()) else None
    once = anchor not in {Anchor.SPREAD, Anchor.AFTER_EVENT}
    times = 1 if once else draw(st.integers(1, 52))
    month = draw(st.integers(1, 12))
    promised = settle_terms(
        PromiseTerms(
            times=times,
            times_at_most=None if every_unit or once or draw(st.booleans()) else draw(st.integers(times, 52)),
            every=draw(st.integers(1, MOST_EVERY[every_unit])) if every_unit else None,
            every_unit=every_unit or "",
            channel=draw(st.sampled_from(["phone", "email", "in_person"])),
            performer=draw(st.sampled_from(Performer.values)),
            minutes=draw(st.integers(0, 1440)),
            window_days=0,
            direct_cost=Decimal(draw(st.integers(0, 90))),
            lead_days=draw(st.integers(0, 30)),
            anchor=anchor,
            anchor_month=month,
            anchor_day=draw(st.integers(1, DAYS_IN_MONTH[month - 1])),
            anchor_event=draw(st.sampled_from(Event.values)),
            anchor_days=draw(st.integers(0, 60)),
            note=draw(st.sampled_from(["", "as agreed"])),
        )
    )
    return PromiseTerms(**vars(promised) | {"window_days": draw(st.integers(0, min(183, promised.interval_days - 1)))})


SILENT_OR = lambda *values: st.sampled_from(["", "", *values])  # noqa: E731
A_RULE = st.fixed_dictionaries(
    {
        "channel": SILENT_OR("video", "email", "post"),
        "initiative": SILENT_OR(*Initiative.values),
        "spacing": SILENT_OR(*Spacing.values),
        "times_change": st.none() | st.integers(-12, 12),
    }
).filter(lambda said: any(said.values()) or said["times_change"] is not None)
AN_EXCEPTION = st.fixed_dictionaries(
    {
        "times": st.none() | st.integers(1, 52),
        "channel": SILENT_OR("video", "email"),
        "performer": SILENT_OR(*Performer.values),
        "minutes": st.none() | st.integers(0, 1440),
    }
).filter(lambda said: any(said.values()) or said["minutes"] is not None) | st.just({"is_nothing": True})
SCOPES = [("type", 0), ("type", 1), ("type", 2), ("channel", "phone"), ("channel", "email"), ("all", "")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    cells=st.dictionaries(st.tuples(st.integers(1, 2), st.integers(0, 2)), some_terms(), max_size=6),
    rules=st.dictionaries(st.tuples(st.integers(1, 2), st.sampled_from(SCOPES)), A_RULE, max_size=5),
    exceptions=st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 3)), AN_EXCEPTION, max_size=4),
    places=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3)), min_size=6, max_size=6),
)
def test_a_whole_book_in_one_statement_is_each_promise_resolved_alone(alice, cells, rules, exceptions, places):
    world = World(alice)
    version = world.version(cells, rules)
    clients = [world.client(segment, profile) for segment, profile in places]
    for (client, kind), said in exceptions.items():
        world.exempt(clients[client], kind, said)
    # What has ended, and what has not begun, counts for nobody.
    world.exempt(clients[0], 0, {"minutes": 1}, starts_on=TODAY - timedelta(days=9), ends_on=TODAY)
    world.exempt(clients[1], 1, {"minutes": 1}, starts_on=TODAY + timedelta(days=400), ends_on=TODAY + timedelta(days=500))
    wanted = {}
    for client, (segment, profile) in zip(clients, places, strict=True):
        for kind in range(4):
            effective = world.alone(client, segment, profile, kind)
            if effective is not None:
                wanted[client.pk, world.types[kind].pk] = effective
    mine = [client.pk for client in clients]
    assert read_statement(version, clients=mine) == wanted
    assert read_seam(version, dict(zip(mine, places, strict=True)), world) == wanted


class World:
    """A firm's scheme of three segments, an overlay of three profiles, four touchpoint types."""

    def __init__(self, admin: Any) -> None:
        self.admin = admin
        self.scheme = make_scheme()
        self.overlay, created = Scheme.objects.get_or_create(firm_id=admin.firm_id, name_en="Profiles", name_fr="Profils")
        if created:
            Segment.objects.bulk_create(Segment(scheme=self.overlay, rank=rank, name_en=f"P{rank}", name_fr=f"P{rank}") for rank in (1, 2, 3))
            Segment.objects.filter(scheme=self.scheme, rank=1).update(initiative="adviser")
        self.types = list(ensure_catalogue(by=admin).values())[:4]
        PromiseException.objects.all().delete()

    def version(self, cells: Any, rules: Any) -> MatrixVersion:
        self.cells, self.exceptions = cells, dict[tuple[int, int], PromiseException]()
        number = MatrixVersion.objects.count() + 1
        version = MatrixVersion.objects.create(scheme=self.scheme, number=number, status="retired", overlay=self.overlay)
        Promise.objects.bulk_create(
            Promise(version=version, segment=segment_of(self.scheme, segment), touchpoint_type=self.types[kind], **vars(said))
            for (segment, kind), said in cells.items()
        )
        self.saved = [
            ProfileRule.objects.create(
                version=version,
                profile=segment_of(self.overlay, profile),
                touchpoint_type=self.types[of] if scope == "type" else None,
                of_channel=of if scope == "channel" else "",
                **said,
            )
            for (profile, (scope, of)), said in rules.items()
        ]
        return version

    def client(self, segment: int, profile: int) -> Any:
        client = factories.make_client(adviser=self.admin, people=False)
        Assignment.objects.create(client=client, scheme=self.scheme, segment=segment_of(self.scheme, segment), starts_on=TODAY, source="import")
        if profile:
            Assignment.objects.create(client=client, scheme=self.overlay, segment=segment_of(self.overlay, profile), starts_on=TODAY, source="import")
        return client

    def exempt(self, client: Any, kind: int, said: Any, *, starts_on: date = TODAY, ends_on: date = TODAY + timedelta(days=90)) -> None:
        row = PromiseException.objects.create(
            client=client,
            touchpoint_type=self.types[kind],
            reason="Agreed",
            starts_on=starts_on,
            ends_on=ends_on,
            expires_on=ends_on,
            by=self.admin,
            **said,
        )
        if starts_on <= TODAY < ends_on:
            self.exceptions[client.pk, kind] = row

    def alone(self, client: Any, segment: int, profile: int, kind: int) -> Effective | None:
        promised = self.cells.get((segment, kind))
        mine = [each for each in self.saved if each.profile.rank == profile]
        initiative = "adviser" if segment == 1 else ""
        adapted = adapt_terms(promised, rules=mine, touchpoint_type_id=self.types[kind].pk, initiative=initiative) if promised else None
        row = self.exceptions.get((client.pk, kind))
        return adapted if row is None else except_terms(adapted, exception=row, touchpoint_type=self.types[kind])


def read_statement(version: MatrixVersion, *, clients: list[int]) -> dict[tuple[int, int], Effective]:
    statement = entitled_clients(version, on=TODAY, clients=clients)
    with connection.cursor() as cursor:
        cursor.execute(statement.sql + f"SELECT client_id, touchpoint_type_id, initiative, {', '.join(TERMS)} FROM entitled", statement.values)
        rows = cursor.fetchall()
    return {(client, kind): Effective(PromiseTerms(**dict(zip(TERMS, said, strict=True))), initiative) for client, kind, initiative, *said in rows}


def read_seam(version: MatrixVersion, places: dict[int, tuple[int, int]], world: World) -> dict[tuple[int, int], Effective]:
    """The same as the planner sees it: the client's group, but for the types it has exceptions of."""
    found = read_entitlements(version, on=TODAY)
    groups = {(group.segment_id, group.profile_id): group.promises for group in found.groups}
    exempted = {each.client_id: each for each in found.exempted}
    resolved = {}
    for client, (rank, profile) in places.items():
        segment = segment_of(world.scheme, rank).pk
        key = (segment, segment_of(world.overlay, profile).pk if profile else NO_PROFILE)
        own = exempted.get(client)
        mine = groups.get(key, groups.get((segment, NO_PROFILE), []))
        for each in [each for each in mine if own is None or each.touchpoint_type_id not in own.types] + (own.promises if own else []):
            resolved[client, each.touchpoint_type_id] = Effective(terms_of(each), each.initiative)
    return resolved


def test_without_overlay_and_exceptions_the_statement_is_the_join_of_assignments_and_promises(alice, django_assert_num_queries):
    world = World(alice)
    version = world.version({(1, 0): terms()}, {})
    with django_assert_num_queries(1):
        statement = entitled_clients(version, on=TODAY)
    assert not {word for word in ("profilerule", "promiseexception", "lateral") if word in statement.sql.lower()}
    MatrixVersion.objects.filter(pk=version.pk).update(overlay=None)
    version.refresh_from_db()
    with django_assert_num_queries(2):
        assert [group.profile_id for group in read_entitlements(version, on=TODAY).groups] == [NO_PROFILE]


def test_a_book_of_another_firm_is_not_read(alice, beta):
    world = World(alice)
    version = world.version({(1, 0): terms()}, {})
    world.client(1, 0)
    with connection.cursor() as cursor:
        statement = entitled_clients(version, on=TODAY)
        cursor.execute(statement.sql + "SELECT count(*) FROM entitled", statement.values | {"firm": beta.pk})
        assert cursor.fetchone() == (0,)
