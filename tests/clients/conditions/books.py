"""Random conditions and random books for the property tests."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from clients.attributes import PRODUCTS, Type, Unit, catalogue_of
from clients.attributes.own import Choice
from clients.attributes.products import products_attribute
from clients.conditions import Condition, Group, Kind, Match, Test, kind_of, tests_of
from clients.models import Client, Person

D = Decimal
ON = date(2026, 3, 1)


# The firm's own attributes, without asking a database: three products.
HELD = ("rrsp", "tfsa", "resp")
PLANS = catalogue_of(0)
PLANS.own = {PRODUCTS: products_attribute(tuple(Choice(value, value.upper(), value.upper()) for value in HELD))}

ASKED = (
    "aum", "marginal_tax_rate", "children", "potential", "age", "client_since", "birth_date", "risk_attitude", "wealth_tax", "occupation", "city",
    "adviser", "products",
)  # fmt: skip

FIGURES = st.sampled_from([D(0), D(1), D("2.5"), D(5), D(10), D(40), D("47.46"), D("49999.99"), D(50_000), D("50000.00"), D(100_000)])
WHOLE = st.sampled_from([D(0), D(1), D(2), D(5), D(10), D(39), D(40), D(66)])
# The last day of a month, the days around the day of the question, and a leap day.
DAYS = st.sampled_from(
    [date(1960, 2, 29), date(1986, 3, 1), date(1986, 3, 2), date(2025, 3, 1), date(2025, 3, 2), date(2026, 2, 1), date(2026, 3, 1), date(2026, 3, 8),
     date(2026, 3, 9)]
)  # fmt: skip
TEXTS = st.sampled_from(["Notaire", "notaire", "médecin", "MÉDECIN de famille", "L’Œuvre", "oeuvre", "Saint-Jérôme", "saint jerome", "De"])


def _ends(values, test):
    """Two ends in order, different when the upper one is left out."""
    pairs = st.tuples(values, values).map(lambda pair: tuple(sorted(pair)))
    return pairs.filter(lambda pair: pair[0] < pair[1]) if test is Test.BETWEEN else pairs


@st.composite
def conditions(draw, catalogue=PLANS, keys=ASKED):
    source = catalogue[draw(st.sampled_from(keys))]
    test = draw(st.sampled_from(tests_of(source)))
    kind = kind_of(source)
    if test in {Test.KNOWN, Test.NOT_KNOWN}:
        values: Any = st.just(())
    elif test is Test.LAST_MONTHS:
        values = st.tuples(st.sampled_from([1, 12, 13, 480]))
    elif test is Test.NEXT_DAYS:
        values = st.tuples(st.sampled_from([0, 7, 8]))
    else:
        choices = st.sampled_from([value for value, _label in source.choices] or [""])
        one = {
            Kind.FIGURE: WHOLE if source.type in {Type.COUNT, Type.OUT_OF_TEN} or source.unit is Unit.YEARS else FIGURES,
            Kind.DAY: DAYS,
            Kind.YES_NO: st.booleans(),
            Kind.TEXT: TEXTS,
            Kind.CHOICE: choices,
            Kind.SEVERAL: choices,
        }[kind]
        if test in {Test.ANY_OF, Test.ALL_OF, Test.NONE_OF}:
            values = st.lists(one, min_size=1, max_size=3, unique=True).map(tuple)
        else:
            values = _ends(one, test) if test in {Test.BETWEEN, Test.THROUGH} else st.tuples(one)
    return Condition(source.key, test, draw(values))


@st.composite
def groups(draw, deepest=3, keys=ASKED):
    item = conditions(keys=keys) if deepest == 1 else conditions(keys=keys) | groups(deepest=deepest - 1, keys=keys)
    items = tuple(draw(st.lists(item, min_size=1, max_size=4)))
    match = draw(st.sampled_from(Match))
    return Group(match, draw(st.integers(1, len(items))) if match is Match.AT_LEAST else 0, items)


@dataclass(frozen=True)
class Row:
    client: dict[str, Any]
    person: dict[str, Any] | None


@st.composite
def books(draw):
    maybe = lambda values: st.none() | values  # noqa: E731
    client = st.fixed_dictionaries(
        {
            "aum": maybe(FIGURES),
            "marginal_tax_rate": maybe(st.sampled_from([D(0), D("47.46"), D("47.47")])),
            "children": maybe(st.integers(0, 3)),
            "potential": maybe(st.integers(0, 10)),
            "client_since": maybe(DAYS),
            "risk_attitude": st.sampled_from(["", "low", "high"]),
            "wealth_tax": maybe(st.booleans()),
            "city": st.just("") | TEXTS,
            "own": st.sampled_from([{}, {"products": ["rrsp"]}, {"products": ["rrsp", "tfsa"]}, {"products": ["rrsp", "tfsa", "resp"]}]),
        }
    )
    person = maybe(st.fixed_dictionaries({"birth_date": maybe(DAYS), "occupation": st.just("") | TEXTS}))
    return draw(st.lists(st.builds(Row, client, person), min_size=1, max_size=10))


def write_book(rows, *, advisers):
    """Replace the firm's clients; the advisers take them in turn."""
    Person.objects.all().delete()
    Client.objects.all().delete()
    clients = Client.objects.bulk_create(
        Client(adviser=advisers[number % len(advisers)], name=f"Client {number}", **row.client) for number, row in enumerate(rows)
    )
    Person.objects.bulk_create(
        Person(client=client, is_primary=True, last_name="Roy", **row.person) for client, row in zip(clients, rows, strict=True) if row.person
    )


def values_by_client(keys, *, on=ON):
    """What the plain-Python engines read of every client."""
    people = {person.client_id: person for person in Person.objects.filter(is_primary=True)}
    return {
        client.pk: {key: PLANS[key].value_of(client, people.get(client.pk), on=on) for key in keys}
        for client in Client.objects.select_related("adviser")
    }
