"""Expected against actual, and who receives more or less than promised, against a count client by client."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Client
from firms.models import Firm
from firms.working_time import Terms, set_role_terms
from service_matrix.models import MatrixVersion, Promise, SegmentStrategy, TouchpointType
from tests import factories
from tests.touchpoints.rows import make_segment, make_touchpoint, make_type
from touchpoints.economics import PAGE_SIZE, Place, list_served, read_economics

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


def call_unplanned(world, client: Client, *, days_ago: int = 10) -> None:
    moment = datetime.combine(TODAY - timedelta(days=days_ago), datetime.min.time(), tzinfo=UTC)
    log_interaction(client=client, by=world.adviser, draft=InteractionDraft(channel="phone", subject="A question", happened_at=moment))


def test_expected_stands_beside_what_the_last_twelve_months_were(world):
    first = place(world, rank=1, annual_revenue=D(3000))
    place(world, rank=1, annual_revenue=D(1000))
    place(world, rank=2)
    deliver(world, first)
    deliver(world, first, by=world.adviser, minutes=30)
    for ignored in ({"status": "missed"}, {"days_ago": 366}, {"days_ago": 0}):
        deliver(world, first, **ignored)
    SegmentStrategy.objects.create(segment=world.segments[0], revenue_from=D(1500), technology_en="CRM", technology_fr="CRM")
    lines = read_economics(firm=world.firm, version=world.version, today=TODAY)
    one, two = lines
    # Two clients, four calls of 15 minutes at 40 an hour and 5 each; half an hour of answering, half of it at 100.
    expected = one.expected
    assert [one.clients, expected.total_hours, expected.cost, expected.expected_revenue] == [2, D(3), D(2 * (40 + 20 + 10 + 25)), D(3000)]
    delivered = one.delivered
    assert [delivered.touchpoints, delivered.hours, delivered.direct_cost, delivered.labour_cost] == [2, D("0.75"), D(10), D(60)]
    assert [one.revenue, one.profit, one.promised] == [D(4000), D(3930), ["Check-in call"]]
    assert [two.clients, two.delivered.cost, two.revenue, two.profit, two.expected.profit] == [1, D(0), None, None, None]


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
    client.force_login(world.admin)
    client.get("/capacity/economics/")
    for count in (1, 30):
        for _ in range(count):
            missing = place(world, rank=1)
            deliver(world, missing, status="missed")
        for address in ("/capacity/economics/", "/capacity/economics/over/", "/capacity/economics/under/"):
            # Twelve, and the savepoint that stands for BEGIN and COMMIT.
            with django_assert_max_num_queries(14):
                assert client.get(address).status_code == 200


def test_without_a_matrix_the_pages_say_what_to_do_first(client, alice):
    client.force_login(alice)
    for address in ("/capacity/economics/", "/capacity/economics/over/"):
        assert "Nothing is promised yet" in client.get(address).content.decode()
