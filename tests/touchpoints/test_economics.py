"""Expected against actual, and who receives more or less than promised, against a count client by client."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from clients.conditions import Condition, Group, Match, Test
from clients.interactions import InteractionDraft, log_interaction
from clients.models import Client, Interaction
from firms.models import Firm, Support, User
from firms.working_time import Terms, set_role_terms
from segmentation.models import Method, SchemeVersion, Segment
from segmentation.rules import CutRule, Rules, write_rules
from service_matrix.models import MatrixVersion, ProfileRule, Promise, PromiseException, SegmentStrategy, TouchpointType
from service_matrix.promises import terms_of
from service_matrix.resolving import Effective, adapt_terms, except_terms
from tests import factories
from tests.service_matrix.rows import make_overlay, put_in_profile, segment_of
from tests.touchpoints.rows import make_segment, make_touchpoint, make_type
from touchpoints.economics import PAGE_SIZE, Place, list_served, read_economics
from touchpoints.models import Touchpoint

D = Decimal
TODAY = date(2026, 11, 23)
LONG_AGO = date(2024, 1, 1)


@pytest.fixture
def world(alice) -> SimpleNamespace:
    """A published matrix over two segments, one adviser, one assistant, costs said."""
    set_role_terms(terms={"adviser": Terms(D(35), D(100)), "assistant": Terms(D(35), D(40))}, assistant_percent=50, by=alice)
    segments = [make_segment(firm_id=alice.firm_id, rank=rank) for rank in (1, 2)]
    version = MatrixVersion.objects.create(scheme=segments[0].scheme, number=1, status="published", reactive_minutes=30)
    call = make_type(firm_id=alice.firm_id)
    for segment, times in zip(segments, (4, 1), strict=True):
        Promise.objects.create(
            version=version, segment=segment, touchpoint_type=call, times=times, times_at_most=times + 1, channel="phone", performer="assistant",
            minutes=15, direct_cost=D(5), window_days=10,
        )  # fmt: skip
    adviser, assistant = factories.make_user(name="Bruno"), factories.make_user(name="Denis", role="assistant")
    Support.objects.create(assistant=assistant, adviser=adviser)
    return SimpleNamespace(
        firm=Firm.objects.get(pk=alice.firm_id), version=version, segments=segments, adviser=adviser, assistant=assistant, admin=alice, call=call
    )


def place(world, *, rank: int, since: date = LONG_AGO, **fields) -> Client:
    client = factories.make_client(adviser=world.adviser, **fields)
    segment = world.segments[rank - 1]
    client.assignments.create(scheme=segment.scheme, segment=segment, starts_on=since, source="import")
    return client


def deliver(world, client: Client, *, days_ago: int = 30, status: str = "done", minutes: int = 15, rank: int = 1, by=None) -> None:
    make_touchpoint(
        client=client, due_on=TODAY - timedelta(days=days_ago), status=status, minutes=minutes, rank=rank, touchpoint_type=world.call,
        closed_by=by or world.assistant, closed_at=datetime(2026, 10, 1, tzinfo=UTC),
    )  # fmt: skip


def call_unplanned(world, client: Client, *, days_ago: int = 10, by: User | None = None, at: time = time(12)) -> Interaction:
    moment = datetime.combine(TODAY - timedelta(days=days_ago), at, tzinfo=ZoneInfo(world.firm.time_zone))
    draft = InteractionDraft(channel="phone", subject="A question", happened_at=moment)
    return log_interaction(client=client, by=by or world.adviser, draft=draft)


def test_expected_stands_beside_what_the_last_twelve_months_were(world):
    first = place(world, rank=1, annual_revenue=D(3000))
    place(world, rank=1, annual_revenue=D(1000))
    place(world, rank=2)
    deliver(world, first)
    deliver(world, first, by=world.adviser, minutes=30)
    for ignored in ({"status": "missed"}, {"days_ago": 366}, {"days_ago": 0}):
        deliver(world, first, **ignored)
    SegmentStrategy.objects.create(segment=world.segments[0], revenue_from=D(1500), technology_en="CRM", technology_fr="CRM")
    # Two questions that nobody planned, a quarter of an hour each: one answered by the adviser, one by the assistant.
    for by in (world.adviser, world.assistant):
        call_unplanned(world, first, by=by)
    lines = read_economics(firm=world.firm, version=world.version, today=TODAY)
    one, two = lines
    # Two clients, four calls of 15 minutes at 40 an hour and 5 each; half an hour of answering, half of it at 100.
    expected = one.expected
    assert [one.clients, expected.total_hours, expected.cost, expected.expected_revenue] == [2, D(3), D(2 * (40 + 20 + 10 + 25)), D(3000)]
    delivered = one.delivered
    assert [delivered.touchpoints, delivered.unplanned, delivered.hours, delivered.direct_cost] == [2, 2, D("1.25"), D(10)]
    assert delivered.labour_cost == 60 + 25 + 10
    assert [one.revenue, one.profit, one.promised] == [D(4000), D(3895), ["Check-in call"]]
    assert [two.clients, two.delivered.cost, two.revenue, two.profit, two.expected.profit] == [1, D(0), None, None, None]


class Oracle:
    """Docs/capacity.md, “Expected and actual”, word by word: one touchpoint and one contact at a time."""

    def __init__(self, world: SimpleNamespace, answer: int) -> None:
        self.zone, self.answer = ZoneInfo(world.firm.time_zone), answer
        self.hourly = {"adviser": D(100), "assistant": D(40)}
        self.since = TODAY - timedelta(days=365)

    def role(self, person: User | None) -> str:
        return "assistant" if person is not None and person.role == "assistant" else "adviser"

    def actual(self, segment: Segment) -> tuple[int, int, Decimal, Decimal]:
        """Touchpoints, contacts, hours, cost of the hours."""
        touchpoints = contacts = 0
        hours = {"adviser": D(0), "assistant": D(0)}
        for touchpoint in Touchpoint.objects.select_related("closed_by"):
            if touchpoint.status == "done" and touchpoint.segment_id == segment.pk and self.since <= touchpoint.due_on < TODAY:
                touchpoints += 1
                hours[self.role(touchpoint.closed_by)] += D(touchpoint.minutes) / 60
        for contact in Interaction.objects.select_related("client", "by"):
            now = contact.client.assignments.filter(scheme=segment.scheme_id, ends_on=None).first()
            day = contact.happened_at.astimezone(self.zone).date()
            planned = Touchpoint.objects.filter(interaction=contact).exists()
            if planned or contact.client.archived_at or now is None or now.segment_id != segment.pk or not self.since <= day < TODAY:
                continue
            contacts += 1
            hours[self.role(contact.by)] += D(self.answer) / 60
        return touchpoints, contacts, sum(hours.values(), D(0)), sum((hours[role] * self.hourly[role] for role in hours), D(0))


@pytest.mark.parametrize("answer", [None, 0, 25])
def test_actual_counts_what_was_done_and_what_nobody_planned_one_by_one(world, answer):
    if answer is not None:
        TouchpointType.objects.create(key="reactive_service", name_en="A", name_fr="R", channel="phone", performer="either", minutes=answer)
    staying, moved, archived = (place(world, rank=1) for _ in range(3))
    unplaced = factories.make_client(adviser=world.adviser)
    moved.assignments.update(ends_on=TODAY - timedelta(days=20))
    second = world.segments[1]
    moved.assignments.create(scheme=second.scheme, segment=second, starts_on=TODAY - timedelta(days=20), source="import")
    midnight, last_minute = time(0), time(23, 59)
    for client in (staying, moved, archived, unplaced):
        for by in (world.adviser, world.assistant, world.admin):
            # The first and the last minute of the twelve months by the firm's clock, and those just outside.
            for ago, at in ((366, last_minute), (365, midnight), (40, time(12)), (1, last_minute), (0, midnight)):
                call_unplanned(world, client, days_ago=ago, at=at, by=by)
        deliver(world, client, days_ago=40)
        deliver(world, client, days_ago=40, by=world.admin, minutes=50)
        # What delivered a touchpoint is counted as that.
        Touchpoint.objects.filter(client=client).update(interaction=call_unplanned(world, client, days_ago=39))
    Client.objects.filter(pk=archived.pk).update(archived_at=datetime(2026, 11, 1, tzinfo=UTC))
    oracle = Oracle(world, 15 if answer is None else answer)
    lines = read_economics(firm=world.firm, version=world.version, today=TODAY)
    found = [line.delivered for line in lines]
    wanted = [oracle.actual(segment) for segment in world.segments]
    assert [(each.touchpoints, each.unplanned) for each in found] == [(touchpoints, contacts) for touchpoints, contacts, *_rest in wanted]
    assert [round(each.hours, 6) for each in found] == [round(hours, 6) for *_rest, hours, _cost in wanted]
    assert [round(each.labour_cost or D(0), 6) for each in found] == [round(cost, 6) for *_rest, cost in wanted]
    assert [each.unplanned for each in found] == [9, 9]


def publish_rules(world) -> None:
    version = SchemeVersion.objects.create(scheme=world.version.scheme, number=1, status="published", method=Method.RULES)
    rich = Group(Match.ALL, 0, (Condition("aum", Test.MORE_THAN, (D(400_000),)), Condition("referrals_12_months", Test.MORE_THAN, (D(6),))))
    first, second = (segment.pk for segment in world.segments)
    write_rules(version=version, rules=Rules(method=Method.RULES, cuts=(CutRule(segment_id=first, conditions=rich), CutRule(segment_id=second))))


def test_the_criteria_of_a_segment_are_its_published_rules(client, world):
    Segment.objects.filter(pk=world.segments[0].pk).update(description_en="Served most.")
    lines = read_economics(firm=world.firm, version=world.version, today=TODAY)
    assert [line.criteria for line in lines] == ["Served most.", ""]
    publish_rules(world)
    client.force_login(world.admin)
    page = client.get("/capacity/economics/")
    assert [line.criteria for line in page.context["lines"]] == [
        "Assets under management: more than $400,000, and referrals in 12 months: more than 6",
        "Whoever no rule catches",
    ]
    assert "more than $400,000" in page.content.decode()


def test_who_takes_more_than_promised_is_listed_the_furthest_first(world):
    quiet, calls, newcomer = place(world, rank=2), place(world, rank=2), place(world, rank=2, since=TODAY - timedelta(days=73))
    deliver(world, quiet, rank=2)
    # Beyond what fell due a client of the segment may take 30 minutes of answering and one call more: 45 a year, 9 for a fifth of it.
    for _ in range(4):
        call_unplanned(world, calls)
    call_unplanned(world, newcomer)
    call_unplanned(world, quiet)
    page = list_served(user=world.admin, version=world.version, today=TODAY, over=True)
    assert [(row.client, row.done, row.unplanned, row.promised, row.balance) for row in page.rows] == [
        (calls, 0, 60, 45, 15),
        (newcomer, 0, 15, 9, 6),
    ]
    TouchpointType.objects.create(key="reactive_service", name_en="A", name_fr="R", channel="phone", performer="either", minutes=5)
    assert list_served(user=world.admin, version=world.version, today=TODAY, over=True).rows == []


def test_a_contact_counts_on_the_day_it_was_where_the_firm_is(world):
    # Late on the evening before, and early on the day itself, in Québec: at both ends of the twelve months.
    moments = ("2025-11-23T04:30Z", "2025-11-23T05:30Z", "2026-11-23T04:30Z", "2026-11-23T05:30Z")
    clients = [place(world, rank=1) for _ in moments]
    for client, moment in zip(clients, moments, strict=True):
        draft = InteractionDraft(channel="phone", subject="A question", happened_at=datetime.fromisoformat(moment))
        log_interaction(client=client, by=world.adviser, draft=draft)
        deliver(world, client, status="missed", minutes=100)
    rows = list_served(user=world.admin, version=world.version, today=TODAY, over=False).rows
    counted = {row.client: row.unplanned for row in rows}
    assert [counted[client] for client in clients] == [0, 15, 15, 0]


def test_who_missed_something_that_nothing_made_up_for_is_listed(world):
    missed, made_up, served = place(world, rank=1), place(world, rank=1), place(world, rank=1)
    for client in (missed, made_up):
        deliver(world, client, status="missed")
        deliver(world, client, status="skipped", minutes=30)
    for _ in range(3):
        call_unplanned(world, made_up)
    deliver(world, served)
    page = list_served(user=world.admin, version=world.version, today=TODAY, over=False)
    assert [(row.client, row.promised, row.done, row.unplanned, row.balance) for row in page.rows] == [(missed, 45, 0, 0, 45)]


def test_the_list_goes_on_where_the_page_ended(world):
    clients = [place(world, rank=2, people=False) for _ in range(PAGE_SIZE + 5)]
    for client in clients:
        deliver(world, client, status="missed", rank=2)
    first = list_served(user=world.admin, version=world.version, today=TODAY, over=False)
    assert first.following == Place(15, clients[PAGE_SIZE - 1].pk)
    second = list_served(user=world.admin, version=world.version, today=TODAY, over=False, after=first.following)
    assert [row.client for row in first.rows + second.rows] == clients
    assert second.following is None


@pytest.mark.parametrize("text", ["", "1", "_", "a_1", "1_-2", "9999999999_1", "1_1_1"])
def test_a_place_that_cannot_be_read_is_the_first_page(text):
    assert Place.parse(text) is None


def test_the_pages_take_as_many_statements_for_thirty_clients_as_for_one(client, world, django_assert_max_num_queries):
    publish_rules(world)
    client.force_login(world.admin)
    client.get("/capacity/economics/")
    for count in (1, 30):
        for _ in range(count):
            missing = place(world, rank=1)
            deliver(world, missing, status="missed")
        for address in ("/capacity/economics/", "/capacity/economics/over/", "/capacity/economics/under/"):
            # Seventeen, and the savepoint that stands for BEGIN and COMMIT.
            with django_assert_max_num_queries(19):
                assert client.get(address).status_code == 200


def test_without_a_matrix_the_pages_say_what_to_do_first(client, alice):
    client.force_login(alice)
    for address in ("/capacity/economics/", "/capacity/economics/over/"):
        assert "Nothing is promised yet" in client.get(address).content.decode()


def other_type(world, name: str, **fields) -> TouchpointType:
    usual = {"channel": "post", "performer": "assistant", "minutes": 20, "direct_cost": D("2.50")}
    return TouchpointType.objects.create(name_en=name, name_fr=name, **usual | fields)


def test_what_was_delivered_costs_what_was_in_force_when_it_fell_due(world):
    client = place(world, rank=1)
    card = other_type(world, "Card")
    MatrixVersion.objects.filter(pk=world.version.pk).update(number=3, effective_on=TODAY - timedelta(days=50))
    world.version.refresh_from_db()
    former = [
        MatrixVersion.objects.create(scheme=world.version.scheme, number=number, status="retired", effective_on=TODAY - timedelta(days=ago))
        for number, ago in ((1, 900), (2, 200))
    ]
    cell = {"segment": world.segments[0], "channel": "phone", "performer": "assistant", "minutes": 15, "window_days": 10, "times": 4}
    for version, cost in zip(former, (D(1), D(3)), strict=True):
        Promise.objects.create(version=version, touchpoint_type=world.call, direct_cost=cost, **cell)
    # A lunch that only the second version promised: what was planned under it and fell due after it costs what it said.
    lunch = other_type(world, "Lunch")
    Promise.objects.create(version=former[1], touchpoint_type=lunch, direct_cost=D(40), **cell)
    days = {1: 5, 49: 5, 50: 5, 51: 3, 200: 3, 201: 1, 365: 1}
    for ago in days:
        deliver(world, client, days_ago=ago)
    for kind, ago in ((lunch, 10), (card, 10)):
        make_touchpoint(
            client=client, due_on=TODAY - timedelta(days=ago), status="done", minutes=15, touchpoint_type=kind, closed_by=world.assistant,
            closed_at=datetime(2026, 10, 1, tzinfo=UTC),
        )  # fmt: skip
    one = read_economics(firm=world.firm, version=world.version, today=TODAY, former=former)[0]
    # The card was promised to this client alone, as a card is usually done.
    assert one.delivered.direct_cost == sum(days.values()) + 40 + D("2.50")
    assert one.delivered.touchpoints == len(days) + 2


PROFILES = (None, 1, 2)
EXCEPTIONS: tuple[dict[str, object] | None, ...] = (None, {"times": 6}, {"minutes": 45}, {"is_nothing": True})


def test_what_a_client_may_ask_beyond_what_fell_due_is_its_own_promises(world):
    """Against each client's promises resolved one by one, by the reference."""
    overlay = make_overlay()
    MatrixVersion.objects.filter(pk=world.version.pk).update(overlay=overlay, fewest_change=-2, most_change=3)
    world.version.refresh_from_db()
    review = other_type(world, "Review", minutes=60)
    cell = {"version": world.version, "channel": "in_person", "performer": "adviser", "minutes": 60, "window_days": 10, "direct_cost": D(0)}
    Promise.objects.create(segment=world.segments[0], touchpoint_type=review, times=2, times_at_most=3, **cell)
    rules = [
        ProfileRule.objects.create(version=world.version, profile=segment_of(overlay, 1), times_change=-2),
        ProfileRule.objects.create(version=world.version, profile=segment_of(overlay, 1), touchpoint_type=review, spacing="evenly"),
        ProfileRule.objects.create(version=world.version, profile=segment_of(overlay, 2), times_change=3),
    ]
    clients = []
    for rank, profile, said in product((1, 2), PROFILES, EXCEPTIONS):
        client = place(world, rank=rank)
        if profile is not None:
            put_in_profile(client, profile)
        if said is not None:
            PromiseException.objects.create(
                client=client, touchpoint_type=world.call, reason="As agreed", by=world.admin, starts_on=TODAY, ends_on=TODAY + timedelta(days=9),
                expires_on=TODAY + timedelta(days=9), **said,
            )  # fmt: skip
        for _ in range(60):
            call_unplanned(world, client)
        clients.append(client)

    def may_ask(client: Client) -> int:
        minutes = int(world.version.reactive_minutes)
        segment, profile = (client.assignments.filter(scheme=scheme).first() for scheme in (world.version.scheme, overlay))
        assert segment is not None
        mine = [rule for rule in rules if profile is not None and rule.profile_id == profile.segment_id]
        exception = PromiseException.objects.filter(client=client).first()
        for promised in Promise.objects.filter(version=world.version, segment=segment.segment_id):
            owed: Effective | None = adapt_terms(terms_of(promised), rules=mine, touchpoint_type_id=promised.touchpoint_type_id)
            if exception is not None and exception.touchpoint_type_id == promised.touchpoint_type_id:
                owed = except_terms(owed, exception=exception, touchpoint_type=world.call)
            if owed is not None:
                minutes += ((owed.terms.times_at_most or owed.terms.times) - owed.terms.times) * owed.terms.minutes
        return minutes

    page = list_served(user=world.admin, version=world.version, today=TODAY, over=True)
    assert {row.client: row.promised for row in page.rows} == {client: may_ask(client) for client in clients}
    assert len({row.promised for row in page.rows}) > 4
