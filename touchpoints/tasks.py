"""Celery leaves of this room."""

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from firms.background import SignedTask, enqueue
from firms.tasks import for_each_firm
from touchpoints import appointments, planning


@shared_task
def tick_planning() -> None:
    """Beat's question, each tick: whose night has come, and who asked?"""
    for firm in planning.list_due_firms():
        enqueue(plan_firm, firm_id=firm.pk)


@shared_task(base=SignedTask, expires=60, label=_("Planning touchpoints"))
def plan_firm(*, firm_id: int) -> None:
    """Not one transaction: a large firm is planned in chunks (planning.reconcile)."""
    planning.plan_if_due(firm_id=firm_id)


@shared_task
def tick_appointments() -> None:
    """Beat's question, each tick: whose meeting to come is owed no longer?"""
    for_each_firm(withdraw_appointments)


@shared_task(base=SignedTask, expires=60, label=_("Calling off appointments that are owed no longer"))
def withdraw_appointments(*, firm_id: int) -> None:
    """Not one transaction: each appointment is called off in its own."""
    appointments.withdraw_stale(firm_id=firm_id)
