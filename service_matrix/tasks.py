"""Celery leaves of this room."""

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from firms.background import FirmTask
from firms.tasks import for_each_firm
from service_matrix import versions


@shared_task
def tick_matrix() -> None:
    """Each firm: has the day of a scheduled version come?"""
    for_each_firm(put_in_force)


@shared_task(base=FirmTask, expires=60, label=_("Versions put in force"))
def put_in_force(*, firm_id: int) -> None:
    versions.put_in_force(firm_id=firm_id)
