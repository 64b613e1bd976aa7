"""Dated amounts: what they add up to on a day, kept on the client by whoever writes."""

from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients import amounts, editing
from clients.amounts import AmountDraft, bring_up_to_date, figure_on, whole_year
from clients.attributes import attribute
from clients.models import Amount, Client
from clients.queries import NotInYourBook
from clients.tasks import update_figures
from firms.row_versions import version_of
from firms.wall import enter_firm
from tests import factories

D = Decimal
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def on_a_day():
    with time_machine.travel("2026-11-20T15:00Z", tick=False):
        yield


@pytest.fixture
def roy(alice):
    return factories.make_client(adviser=alice, name="Roy")


def figures(client):
    client.refresh_from_db()
    return client.aum, client.annual_revenue, client.annual_cost


def record(client, kind, amount, ends_on, starts_on=None):
    return amounts.record_amount(
        client=client, by=client.adviser, draft=AmountDraft(kind=kind, amount=D(amount), ends_on=ends_on, starts_on=starts_on)
    )


def test_assets_are_the_last_amount_told_whatever_the_order_of_telling(roy):
    record(roy, "aum", 200, date(2026, 6, 1))
    record(roy, "aum", 100, date(2026, 1, 1))
    assert figures(roy) == (200, None, None)
    record(roy, "aum", 300, TODAY)
    record(roy, "aum", 310, TODAY)
    assert figures(roy) == (310, None, None)
    told = list(roy.amounts.all())
    assert [figure_on(told, "aum", day) for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 1), TODAY)] == [None, 100, 200, 310]


def test_a_years_figure_stands_until_amounts_are_told_for_later_days(roy):
    first, last = whole_year(date(2026, 6, 30))
    record(roy, "revenue", 3650, last, first)
    assert figures(roy)[1] == 3650
    # 20 November less a year: of the 365 days told, those from 21 November 2025 to 30 June 2026 are inside.
    record(roy, "revenue", 100, date(2026, 9, 30), date(2026, 7, 1))
    assert figures(roy)[1] == D("2220.00") + 100
    # What was told of days that the year's figure already holds is not added to it.
    record(roy, "revenue", 999, date(2026, 5, 31), date(2026, 5, 1))
    assert figures(roy)[1] == D("2320.00")


def test_net_inflow_is_counted_by_days_within_twelve_months(roy):
    record(roy, "net_inflow", 1000, date(2026, 1, 10))
    record(roy, "net_inflow", -300, date(2025, 11, 30), date(2025, 11, 1))
    record(roy, "net_inflow", 77, date(2025, 11, 20))
    read = attribute("net_inflow_12_months").expression(on=TODAY)
    # Ten of the thirty days of November 2025.
    assert Client.objects.filter(pk=roy.pk).values_list(read, flat=True).get() == 900


def test_removing_and_correcting_bring_the_client_up_to_date(roy):
    kept, wrong = record(roy, "aum", 100, date(2026, 1, 1)), record(roy, "aum", 999, TODAY)
    amounts.change_amount(amount=wrong, by=roy.adviser, version=version_of(wrong), draft=AmountDraft(kind="aum", amount=D(150), ends_on=TODAY))
    assert figures(roy)[0] == 150
    amounts.remove_amount(amount=wrong, by=roy.adviser, version=version_of(wrong))
    assert figures(roy)[0] == 100
    amounts.remove_amount(amount=kept, by=roy.adviser, version=version_of(kept))
    assert figures(roy)[0] == 100


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"kind": "aum", "amount": D(1), "ends_on": date(2026, 11, 21)}, "ends_on"),
        ({"kind": "aum", "amount": D(-1), "ends_on": TODAY}, "amount"),
        ({"kind": "aum", "amount": D(10) ** 13, "ends_on": TODAY}, "amount"),
        ({"kind": "cost", "amount": D(1), "ends_on": TODAY, "starts_on": date(2025, 11, 20)}, "starts_on"),
        ({"kind": "cost", "amount": D(1), "ends_on": date(2026, 1, 1), "starts_on": date(2026, 1, 2)}, "starts_on"),
        ({"kind": "aum", "amount": D(1), "ends_on": date(1949, 1, 1)}, "starts_on"),
        ({"kind": "wine", "amount": D(1), "ends_on": TODAY}, "kind"),
    ],
)
def test_wrong_amounts_are_refused_beside_their_field(roy, draft, field):
    with pytest.raises(ValidationError) as refusal:
        amounts.record_amount(client=roy, by=roy.adviser, draft=AmountDraft(**draft))
    assert list(refusal.value.message_dict) == [field]
    assert not Amount.objects.exists()


def test_amounts_are_recorded_in_books_one_works_in(roy):
    stranger = factories.make_user(role="adviser")
    with pytest.raises(NotInYourBook):
        amounts.record_amount(client=roy, by=stranger, draft=AmountDraft(kind="aum", amount=D(1), ends_on=TODAY))
    assert not Amount.objects.exists()


def test_the_file_dates_what_it_is_told_and_only_that(alice):
    client = editing.create_client(by=alice, adviser=alice, fields={"name": "Roy", "aum": D(1000), "annual_revenue": D(10)})
    editing.update_client(client=client, by=alice, version=version_of(client), fields={"aum": D(1500), "annual_revenue": D(10), "city": "Lévis"})
    editing.update_client(client=client, by=alice, version=version_of(client), fields={"aum": D(1600), "annual_cost": None})
    first, last = whole_year(TODAY)
    assert list(Amount.objects.order_by("kind").values_list("kind", "amount", "starts_on", "ends_on", "source")) == [
        ("aum", D(1600), last, last, "file"),
        ("revenue", D(10), first, last, "file"),
    ]
    with pytest.raises(ValidationError) as refusal:
        editing.update_client(client=client, by=alice, version=version_of(client), fields={"aum": None})
    assert list(refusal.value.message_dict) == ["aum"]
    assert figures(client) == (1600, 10, None)


def test_a_night_brings_figures_over_twelve_months_up_to_date(alpha, roy):
    other = factories.make_client(adviser=roy.adviser, annual_revenue=50)
    record(roy, "revenue", 100, date(2026, 2, 1))
    record(roy, "revenue", 40, date(2026, 8, 1))
    assert figures(roy)[1] == 140
    with time_machine.travel("2027-02-02T15:00Z"):
        update_figures(firm_id=alpha.pk)
        assert (figures(roy)[1], figures(other)[1]) == (40, 50)
        assert bring_up_to_date(firm_id=alpha.pk, on=date(2027, 2, 2)) == 0


days = st.dates(TODAY - timedelta(days=900), TODAY)


@st.composite
def told(draw):
    kind = draw(st.sampled_from(["aum", "revenue", "cost"]))
    last = draw(days)
    first = last if kind == "aum" else draw(st.sampled_from([last, whole_year(last)[0], last - timedelta(days=draw(st.integers(0, 363)))]))
    amount = draw(st.decimals(0, 1_000_000, places=2, allow_nan=False, allow_infinity=False))
    return Amount(kind=kind, starts_on=first, ends_on=last, amount=amount, source="entered")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(told(), max_size=8), on=days)
def test_the_statement_and_plain_python_say_the_same_on_any_day(alpha, alice, rows, on):
    client = Client.objects.create(adviser=alice, name="Roy")
    for row in rows:
        row.pk, row.client = None, client
    Amount.objects.bulk_create(rows)
    bring_up_to_date(firm_id=alpha.pk, on=on, client_ids=[client.pk])
    kept = list(Amount.objects.filter(client=client))
    assert figures(client) == tuple(figure_on(kept, kind, on) for kind in ("aum", "revenue", "cost"))


def test_figures_of_before_become_dated_amounts_in_each_firm(alpha, beta, alice):
    told = import_module("clients.migrations.0011_amounts_of_today").DATE_FIGURES
    factories.make_client(adviser=alice, aum=D("12.50"), annual_revenue=0)
    dated = factories.make_client(adviser=alice, aum=7)
    record(dated, "aum", 7, date(2026, 1, 1))
    with connection.cursor() as cursor:
        for _twice in range(2):
            cursor.execute(told)
    enter_firm(alpha.pk)
    first, last = whole_year(TODAY)
    read = Amount.objects.order_by("pk").values_list("kind", "starts_on", "ends_on", "amount", "source")
    assert list(read) == [
        ("aum", date(2026, 1, 1), date(2026, 1, 1), 7, "entered"),
        ("aum", last, last, D("12.50"), "file"),
        ("revenue", first, last, 0, "file"),
    ]
    enter_firm(beta.pk)
    assert sorted(Amount.objects.values_list("kind", "amount")) == [("aum", D(1_000_000))] * 2
