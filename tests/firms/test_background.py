"""Asking for planning: nobody waits for a colleague who asked, and what was asked is seen once it commits."""

import threading

import pytest
from django.db import connection, transaction

from firms.background import request_planning
from firms.models import PlanningRequest
from firms.wall import acting_for, enter_firm
from tests import factories


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_do_not_wait_for_each_other():
    with transaction.atomic():
        firm = factories.make_firm(name="Alpha Conseil")
    failed: list[Exception] = []

    def ask() -> None:
        try:
            with acting_for(firm.pk), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                request_planning(firm_id=firm.pk)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    with acting_for(firm.pk):
        request_planning(firm_id=firm.pk)
        colleague = threading.Thread(target=ask)
        colleague.start()
        colleague.join()
        assert failed == []
    with acting_for(firm.pk):
        assert PlanningRequest.objects.count() == 2


def test_what_one_firm_asks_another_does_not_see(alice, beta):
    request_planning(firm_id=alice.firm_id)
    enter_firm(beta.pk)
    assert PlanningRequest.objects.count() == 0
