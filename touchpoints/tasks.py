"""Celery leaves of this room."""

from celery import shared_task
from django.utils import timezone

from firms.background import FirmTask, enqueue
from firms.models import Firm
from firms.tasks import for_each_firm
from touchpoints import appointments, notices, planning


@shared_task
def tick_planning() -> None:
    """Beat's question, each tick: whose night has come, and who asked?"""
    for firm in planning.list_due_firms():
        enqueue(plan_firm, firm_id=firm.pk)


@shared_task(expires=60)
def plan_firm(*, firm_id: int) -> None:
    """Not one transaction: a large firm is planned in chunks (planning.reconcile)."""
    planning.plan_if_due(firm_id=firm_id)


@shared_task
def tick_notices() -> None:
    """Beat's question, each tick: whose morning has come?"""
    for_each_firm(post_due_notices)


@shared_task(base=FirmTask, expires=60)
def post_due_notices(*, firm_id: int) -> None:
    notices.post_due_notices(firm=Firm.objects.get(pk=firm_id), now=timezone.now())


@shared_task
def tick_appointments() -> None:
    """Beat's question, each tick: whose meeting to come is owed no longer?"""
    for_each_firm(withdraw_appointments)


@shared_task(expires=60)
def withdraw_appointments(*, firm_id: int) -> None:
    """Not one transaction: each appointment is called off in its own."""
    appointments.withdraw_stale(firm_id=firm_id)
