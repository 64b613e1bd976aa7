"""Celery leaves of this room."""

from celery import shared_task

from firms.tasks import for_each_firm
from messaging import outbox


@shared_task
def send_outbox(*, firm_id: int) -> None:
    # Not a FirmTask: nothing is sent inside a transaction.
    outbox.send_due(firm_id=firm_id)


@shared_task
def tick_outbox() -> None:
    """Beat's message: what a lost hint left behind is sent within a minute."""
    for_each_firm(send_outbox)
