"""The planner through a real worker: on request, and at the tick."""

from datetime import date

import pytest
from django.db import transaction

from bench.books import make_book, place_clients
from firms.background import request_planning
from firms.models import Firm, PlanningRequest
from firms.wall import acting_for, enter_firm
from tests.waiting import wait_until
from touchpoints.models import Touchpoint
from touchpoints.tasks import tick_planning


def make_placed_firm(name: str) -> Firm:
    with transaction.atomic():
        firm = make_book(clients=5, name=name)
        place_clients(firm=firm, since=date(2020, 1, 1))
        Firm.objects.filter(pk=firm.pk).update(planned_on=date(2999, 1, 1))
    return firm


def is_planned(firm: Firm) -> bool:
    with acting_for(firm.pk):
        return Touchpoint.objects.exists()


@pytest.fixture
def firm(transactional_db: None) -> Firm:
    return make_placed_firm("Alpha Conseil")


def test_a_request_is_answered_once_it_commits(firm, worker):
    with transaction.atomic():
        enter_firm(firm.pk)
        request_planning(firm_id=firm.pk)
    wait_until(lambda: is_planned(firm))


def test_a_request_rolled_back_plans_nothing(firm, worker):
    other = make_placed_firm("Beta Patrimoine")
    with transaction.atomic():
        enter_firm(firm.pk)
        request_planning(firm_id=firm.pk)
        transaction.set_rollback(True)
    with acting_for(other.pk):
        request_planning(firm_id=other.pk)
    wait_until(lambda: is_planned(other))
    assert not is_planned(firm)


def test_the_tick_plans_the_firms_that_are_due_and_only_those(firm, worker):
    """A request whose hint was lost, and a firm that has its night behind it."""
    other = make_placed_firm("Beta Patrimoine")
    with acting_for(firm.pk):
        Firm.objects.filter(pk=firm.pk).update(planned_on=date(2020, 1, 1))
        PlanningRequest.objects.create()
    tick_planning.delay()
    wait_until(lambda: is_planned(firm))

    def is_answered() -> bool:
        with acting_for(firm.pk):
            return Firm.objects.filter(pk=firm.pk, planned_on__gt=date(2020, 1, 1)).exists() and not PlanningRequest.objects.exists()

    wait_until(is_answered)
    assert not is_planned(other)
