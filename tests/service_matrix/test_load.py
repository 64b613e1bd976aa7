"""Hours and money of a matrix, against docs/capacity.md counted one by one (oracle.py)."""

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Client
from firms.models import Firm
from firms.working_time import Terms, set_person_terms, set_role_terms
from service_matrix.load import Load, Matrix, SegmentLoad, work_out_load, yearly_load
from service_matrix.models import MatrixVersion, Performer, Promise, SegmentStrategy, TouchpointType
from service_matrix.money import Rates, expected_revenues, read_rates
from service_matrix.versions import ensure_catalogue
from tests import factories
from tests.service_matrix import oracle
from tests.service_matrix.rows import make_draft, make_scheme, place_clients, segment_of

D = Decimal
SEGMENTS = (1, 2, 3)


def amount(most: int):
    return st.decimals(min_value=0, max_value=most, places=2, allow_nan=False, allow_infinity=False)


@st.composite
def promises(draw: Any, segments: tuple[int, ...] = SEGMENTS) -> list[SimpleNamespace]:
    def promise() -> SimpleNamespace:
        times = draw(st.integers(1, 52))
        return SimpleNamespace(
            segment_id=draw(st.sampled_from(segments)),
            times=times,
            times_at_most=draw(st.none() | st.integers(times, 52)),
            minutes=draw(st.integers(0, 1440)),
            performer=draw(st.sampled_from(Performer.values)),
            direct_cost=draw(amount(500)),
        )

    return [promise() for _ in range(draw(st.integers(0, 8)))]


def is_close(found: Any, wanted: Any) -> bool:
    if found is None or wanted is None:
        return found is wanted
    if isinstance(found, dict):
        return found.keys() == wanted.keys() and all(is_close(found[key], wanted[key]) for key in found)
    return bool(abs(Fraction(found) - wanted) < Fraction(1, 10**9))


def check(load: SegmentLoad, wanted: dict[str, Any]) -> None:
    assert {name: (getattr(load, name), value) for name, value in wanted.items() if not is_close(getattr(load, name), value)} == {}


@given(
    given_promises=promises(),
    counts=st.fixed_dictionaries(dict.fromkeys(SEGMENTS, st.integers(0, 4))),
    reactive_minutes=st.integers(0, 600),
    assistant_percent=st.integers(0, 100),
    costs=st.fixed_dictionaries({"adviser": st.none() | amount(300), "assistant": st.none() | amount(300)}),
    revenues=st.fixed_dictionaries(dict.fromkeys(SEGMENTS, st.none() | amount(50_000))),
)
def test_hours_and_money_are_those_of_every_occurrence_counted_one_by_one(
    given_promises, counts, reactive_minutes, assistant_percent, costs, revenues
):
    matrix = Matrix(given_promises, reactive_minutes, Rates(costs, D(assistant_percent) / 100), revenues)
    load = work_out_load(counts=counts, matrix=matrix)
    assert list(load.segments) == list(counts)
    for segment, clients in counts.items():
        wanted = oracle.load_of_segment(
            clients=clients,
            promises=[promise for promise in given_promises if promise.segment_id == segment],
            reactive_minutes=reactive_minutes,
            assistant_percent=assistant_percent,
            hourly_cost=costs,
            revenue=revenues[segment],
        )
        check(load.segments[segment], wanted)
    check_sums(load)


def check_sums(load: Load) -> None:
    parts = list(load.segments.values())
    assert is_close(load.total_hours, sum(Fraction(part.total_hours) for part in parts))
    for name in ("direct_cost", "labour_cost", "cost", "expected_revenue", "profit"):
        figures = [getattr(part, name) for part in parts]
        assert is_close(getattr(load, name), None if None in figures else sum(map(Fraction, figures)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_promises=promises(), counts=st.fixed_dictionaries(dict.fromkeys(SEGMENTS, st.integers(0, 30))), reactive_minutes=st.integers(0, 600))
def test_the_load_of_a_version_is_that_of_its_rows(alice, given_promises, counts, reactive_minutes):
    set_role_terms(terms={"adviser": Terms(D(35), D(110)), "assistant": Terms(D(35), D(45))}, assistant_percent=40, by=alice)
    scheme = make_scheme()
    types = list(ensure_catalogue(by=alice).values())
    segments = {rank: segment_of(scheme, rank) for rank in SEGMENTS}
    for rank, segment in segments.items():
        SegmentStrategy.objects.update_or_create(segment=segment, defaults={"revenue_from": D(rank * 1000)})
    number = MatrixVersion.objects.count() + 1
    version = MatrixVersion.objects.create(scheme=scheme, number=number, status="retired", reactive_minutes=reactive_minutes)
    # A cell holds one promise: the second of the same segment and type goes to another type.
    Promise.objects.bulk_create(
        Promise(
            version=version, touchpoint_type=types[place], channel="phone", window_days=0, **vars(each) | {"segment_id": segments[each.segment_id].pk}
        )
        for place, each in enumerate(given_promises)
    )
    load = yearly_load(counts={segments[rank].pk: clients for rank, clients in counts.items()}, version=version)
    for rank, clients in counts.items():
        wanted = oracle.load_of_segment(
            clients=clients,
            promises=[promise for promise in given_promises if promise.segment_id == rank],
            reactive_minutes=reactive_minutes,
            assistant_percent=40,
            hourly_cost={"adviser": D(110), "assistant": D(45)},
            revenue=D(rank * 1000),
        )
        check(load.segments[segments[rank].pk], wanted)


def test_a_range_owes_its_lower_figure_and_may_ask_for_its_upper_one():
    promise = SimpleNamespace(segment_id=7, times=3, times_at_most=4, minutes=60, performer="adviser", direct_cost=D(10))
    rates = Rates({"adviser": D(100), "assistant": None}, D("0.5"))
    load = work_out_load(counts={7: 10}, matrix=Matrix([promise], 0, rates, {7: D(5000)})).segments[7]
    found = (load.total_hours, load.total_hours_at_most, load.direct_cost, load.labour_cost, load.profit)
    assert found == (D(30), D(40), D(300), D(3000), D(46_700))


def test_an_unknown_cost_is_unknown_and_not_zero():
    promise = SimpleNamespace(segment_id=7, times=1, times_at_most=None, minutes=60, performer="assistant", direct_cost=D(5))
    load = work_out_load(counts={7: 2, 8: 0}, matrix=Matrix([promise], 0, Rates({"adviser": D(100), "assistant": None}, D(0)), {}))
    assert (load.segments[7].labour_cost, load.segments[7].cost, load.segments[7].direct_cost) == (None, None, D(10))
    assert (load.segments[8].cost, load.segments[8].expected_revenue) == (D(0), D(0))
    assert (load.cost, load.expected_revenue, load.profit) == (None, None, None)


def test_an_hour_of_a_role_costs_what_its_people_cost_by_the_hours_they_work(alice):
    set_role_terms(terms={"adviser": Terms(D(40), D(100)), "assistant": Terms(D(35), None)}, assistant_percent=25, by=alice)
    assert read_rates(Firm.objects.get(pk=alice.firm_id)) == Rates({"adviser": D(100), "assistant": None}, D("0.25"))
    factories.make_user(role="adviser")
    half = factories.make_user(role="adviser")
    set_person_terms(user=half, terms=Terms(D(10), D(150)), by=alice)
    assert read_rates(Firm.objects.get(pk=alice.firm_id)).hourly_cost["adviser"] == D(110)
    # An administrator counts once they lead a client.
    set_person_terms(user=alice, terms=Terms(None, D(200)), by=alice)
    factories.make_client(adviser=alice, people=False)
    assert read_rates(Firm.objects.get(pk=alice.firm_id)).hourly_cost["adviser"] == (40 * 100 + 10 * 150 + 40 * 200) / D(90)


def test_the_revenue_expected_is_what_the_firm_wrote_or_else_what_its_clients_bring(alice):
    scheme = make_scheme()
    place_clients(scheme, by_rank={1: 2, 2: 2}, adviser=alice)
    first, second, third = (segment_of(scheme, rank) for rank in SEGMENTS)
    SegmentStrategy.objects.create(segment=first, revenue_from=D(1251), revenue_to=D(5000))
    ids = list(Client.objects.filter(assignments__segment=second).values_list("pk", flat=True))
    Client.objects.filter(pk=ids[0]).update(annual_revenue=D(800))
    assert expected_revenues(firm_id=alice.firm_id, scheme_id=scheme.pk) == {first.pk: D("3125.5"), second.pk: D(800), third.pk: None}


def test_a_matrix_of_150_promises_takes_as_many_statements_as_one_of_none(alice, django_assert_max_num_queries):
    draft = make_draft(by=alice, preset=None)
    counts = dict.fromkeys(draft.scheme.segments.values_list("pk", flat=True), 1000)
    while TouchpointType.objects.count() < 50:
        TouchpointType.objects.create(name_en="Type", name_fr="Type", channel="phone", performer="adviser", minutes=10)
    for _ in range(2):
        with django_assert_max_num_queries(6):
            yearly_load(counts=counts, version=draft)
        Promise.objects.bulk_create(
            Promise(version=draft, segment_id=segment, touchpoint_type=each, times=2, channel="phone", performer="either", minutes=10, window_days=10)
            for segment in counts
            for each in TouchpointType.objects.all()
            if not Promise.objects.exists()
        )


def test_the_split_of_either_is_the_firms(alice):
    Firm.objects.filter(pk=alice.firm_id).update(assistant_percent=100)
    assert read_rates(Firm.objects.get(pk=alice.firm_id)).shares("either") == {"adviser": 0, "assistant": 1}
