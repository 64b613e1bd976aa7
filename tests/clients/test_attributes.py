"""The attribute catalogue: read by statement and read from rows, one and the same."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from clients.attributes import CATALOGUE, FieldAttribute, Group, Holder, Type, UnknownAttribute, attribute, by_group, whole_years
from clients.models import Amount, Client, Person, Referral
from tests import factories

ON = date(2026, 11, 21)


def full_client(adviser):
    client = factories.make_client(
        adviser=adviser, name="Élodie Côté", people=False, kind="individual", status="client", external_reference="Q-1", language="fr",
        city="Lévis", postal_code="G6V 1A1", province="QC", marital_status="married", matrimonial_regime="séparation de biens", children=2,
        income=Decimal("120000.50"), net_worth=1_000_000, marginal_tax_rate=Decimal("47.46"), wealth_tax=False, aum=Decimal("250000.10"),
        annual_revenue=2500, annual_cost=Decimal("800.25"), annual_renewals=2, referrals_12_months=3, decision_style="shared", satisfaction=9,
        power_balance=4, expectations=6, own={"products": ["rrsp", "mortgage"]},
        risk_attitude="moderate", desired_relationship="high", preferred_channel="phone",
        potential=7, relationship_quality=8, prescription=0, client_since=date(2012, 11, 22), next_review_on=date(2027, 1, 15),
    )  # fmt: skip
    Person.objects.create(client=client, last_name="Roy", first_name="Luc", birth_date=date(1950, 1, 1), email="other@example.test")
    person = Person.objects.create(
        client=client, is_primary=True, title="Mme", first_name="Élodie", last_name="Côté", birth_date=date(1960, 2, 29),
        occupation="Notaire", email="elodie@example.test", phone="418 555-0101",
    )  # fmt: skip
    for made_on, meeting, converted, quality in (
        (date(2026, 11, 21), True, True, 8),
        (date(2025, 11, 22), True, False, None), (date(2026, 3, 1), False, False, 7), (date(2025, 11, 21), True, True, 1),
    ):  # fmt: skip
        Referral.objects.create(client=client, name="X", made_on=made_on, led_to_meeting=meeting, converted=converted, quality=quality, by=adviser)
    for kind, first, last, amount in (
        ("net_inflow", date(2026, 1, 1), date(2026, 1, 1), 1000), ("net_inflow", date(2025, 11, 1), date(2025, 11, 30), Decimal("-100.01")),
        ("net_inflow", date(2026, 11, 1), date(2026, 11, 30), 30), ("net_inflow", date(2025, 11, 21), date(2025, 11, 21), 7), ("aum", ON, ON, 9),
    ):  # fmt: skip
        Amount.objects.create(client=client, kind=kind, starts_on=first, ends_on=last, amount=amount, source="entered", by=adviser)
    return client, person


@pytest.mark.parametrize("key", [found.key for found in CATALOGUE])
def test_statement_and_rows_read_the_same_value(alice, key):
    client, person = full_client(alice)
    empty = Client.objects.create(name="Vide", adviser=alice, language="fr")
    found = attribute(key)
    read = dict(Client.objects.annotate(read=found.expression(on=ON)).values_list("pk", "read"))
    client, empty = Client.objects.get(pk=client.pk), Client.objects.get(pk=empty.pk)
    assert read == {client.pk: found.value_of(client, person, on=ON), empty.pk: found.value_of(empty, None, on=ON)}
    assert read[client.pk] is not None


def test_whole_years_are_counted_to_the_day(alice):
    client, _person = full_client(alice)
    read = {
        on: Client.objects.filter(pk=client.pk).values_list(attribute("age").expression(on=on), attribute("tenure").expression(on=on)).get()
        for on in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 11, 21), date(2026, 11, 22), date(2010, 1, 1))
    }
    assert read == {
        date(2026, 2, 28): (65, 13),
        date(2026, 3, 1): (66, 13),
        date(2026, 11, 21): (66, 13),
        date(2026, 11, 22): (66, 14),
        date(2010, 1, 1): (49, 0),
    }


@given(since=st.dates(date(1900, 1, 1), date(2100, 1, 1)), years=st.integers(0, 120))
@example(since=date(2000, 2, 29), years=1)
def test_an_anniversary_adds_a_year(since, years):
    try:
        anniversary = since.replace(year=since.year + years)
    except ValueError:
        anniversary = date(since.year + years, 3, 1)
    assert whole_years(since, anniversary) == years


def test_unknown_key_is_refused():
    with pytest.raises(UnknownAttribute, match="horoscope"):
        attribute("horoscope")


def test_keys_are_unique_and_every_attribute_is_in_one_group():
    assert [found.key for _group, members in by_group() for found in members] == [
        found.key for group in Group for found in CATALOGUE if found.group is group
    ]
    assert len({found.key for found in CATALOGUE}) == len(CATALOGUE)


def test_what_names_a_client_is_no_criterion():
    assert [found.key for found in CATALOGUE if not found.is_scorable] == [
        "name", "kind", "status", "external_reference", "adviser", "title", "first_name", "last_name", "email", "phone", "language",
        "birth_date", "products", "client_since", "next_review_on",
    ]  # fmt: skip


def test_what_is_counted_or_matched_is_never_written():
    assert [found.key for found in CATALOGUE if not found.is_writable] == [
        "adviser", "age", "net_inflow_12_months", "profit", "cost_ratio", "referral_meetings_12_months", "referrals_converted_12_months",
        "referral_quality_12_months", "products_held", "tenure",
    ]  # fmt: skip


def test_choices_have_labels_in_the_active_language():
    assert [attribute("kind").choices, attribute("aum").choices] == [
        [("individual", "Individual"), ("household", "Couple or family"), ("company", "Company")],
        [],
    ]


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("aum", Decimal("1234567.00"), "$1,234,567"),
        ("age", 66, "66 years"),
        ("tenure", 1, "1 year"),
        ("marginal_tax_rate", Decimal("47.00"), "47%"),
        ("wealth_tax", False, "No"),
        ("wealth_tax", None, ""),
        ("potential", 7, "7/10"),
        ("referrals_12_months", 1200, "1,200"),
        ("status", "former", "Former client"),
        ("city", "Lévis", "Lévis"),
        ("client_since", date(2012, 11, 22), "Nov 22, 2012"),
    ],
)
def test_values_are_shown_as_the_reader_writes_them(alpha, key, value, shown):
    with translation.override("en"):
        assert attribute(key).display(value, firm=alpha) == shown


def test_types_match_where_values_live():
    """A number is never read from a text column, nor a date from a number."""
    internal = {
        Type.MONEY: {"DecimalField"},
        Type.NUMBER: {"DecimalField", "DateField"},
        Type.COUNT: {"PositiveSmallIntegerField"},
        Type.OUT_OF_TEN: {"PositiveSmallIntegerField"},
        Type.DATE: {"DateField"},
        Type.YES_NO: {"BooleanField"},
        Type.CHOICE: {"CharField"},
        Type.TEXT: {"CharField", "ForeignKey"},
    }
    fields = [found for found in CATALOGUE if isinstance(found, FieldAttribute)]
    assert [found.key for found in fields if found.model_field.get_internal_type() not in internal[found.type]] == []
    assert {found.holder for found in fields} == set(Holder)
