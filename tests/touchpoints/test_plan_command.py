import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bench.books import make_book, place_clients
from firms.models import Firm
from firms.wall import enter_firm
from touchpoints.models import Touchpoint


@pytest.fixture
def firm(beta: Firm) -> Firm:
    firm = make_book(clients=10, name="Cabinet Élan")
    place_clients(firm=firm, since=date(2026, 1, 1))
    return firm


def plan(*arguments: object) -> str:
    output = StringIO()
    call_command("plan", *[str(argument) for argument in arguments], stdout=output)
    return output.getvalue()


@pytest.mark.parametrize("named", ["pk", "name"])
def test_it_plans_a_firm_and_counts_as_json(firm, named):
    first, second = (json.loads(plan(getattr(firm, named), "--start", "2026-01-01", "--json")) for _ in range(2))
    enter_firm(firm.pk)
    rows = Touchpoint.objects.count()
    assert rows > 100
    assert ({**first, "seconds": 0}, {**second, "seconds": 0}) == (
        {"inserted": rows, "updated": 0, "restored": 0, "cancelled": 0, "kept": 0, "seconds": 0},
        {"inserted": 0, "updated": 0, "restored": 0, "cancelled": 0, "kept": rows, "seconds": 0},
    )


def test_it_plans_from_a_day_for_some_months(firm):
    plan(firm.pk, "--start", "2026-05-01", "--months", "2")
    enter_firm(firm.pk)
    days = list(Touchpoint.objects.values_list("due_on", flat=True))
    assert (min(days) >= date(2026, 5, 1), max(days) < date(2026, 7, 1)) == (True, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Nobody",), "No firm has the number or the name 'Nobody'."),
        (("Cabinet Élan", "--months", "0"), "--months is from 1 to 36."),
        (("Cabinet Élan", "--chunk", "0"), "--chunk is at least 1."),
        (("Cabinet Élan", "--start", "2026-02-30"), "Error: argument --start: '2026-02-30' is not a day of the calendar, written as 2026-03-02."),
    ],
)
def test_what_it_refuses(firm, arguments, message):
    with pytest.raises(CommandError) as refusal:
        plan(*arguments)
    assert str(refusal.value) == message
    enter_firm(firm.pk)
    assert Touchpoint.objects.count() == 0


def test_a_name_that_several_firms_bear_is_refused(firm):
    make_book(clients=1, name="Cabinet Élan", region="FR")
    with pytest.raises(CommandError, match="Several firms are named 'Cabinet Élan': give the number"):
        plan("Cabinet Élan")


def test_a_firm_without_a_working_week_is_refused(firm):
    Firm.objects.filter(pk=firm.pk).update(working_days=[])
    with pytest.raises(CommandError, match="Cabinet Élan has no working days"):
        plan(firm.pk)
