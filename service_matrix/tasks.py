"""Celery leaves of this room."""

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from firms.background import FirmTask
from firms.tasks import for_each_firm
from segmentation.publishing import firm_today
from service_matrix import reminding, versions


@shared_task
def tick_matrix() -> None:
    """Each firm: has the day of a scheduled version come, does an exception run out?"""
    for_each_firm(put_in_force)
    for_each_firm(remind_of_exceptions)


@shared_task(base=FirmTask, expires=60, label=_("Versions put in force"))
def put_in_force(*, firm_id: int) -> None:
    versions.put_in_force(firm_id=firm_id)


@shared_task(base=FirmTask, expires=60, label=_("Reminders of exceptions that run out"))
def remind_of_exceptions(*, firm_id: int) -> None:
    reminding.remind_of_exceptions(firm_id=firm_id, today=firm_today(firm_id))
