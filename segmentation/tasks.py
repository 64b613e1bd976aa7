"""Celery leaves of this room."""

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from firms.background import FirmTask
from firms.tasks import for_each_firm
from segmentation import tending


@shared_task
def tick_segmentation() -> None:
    """Each firm: whom the night, or today, has to place."""
    for_each_firm(tend_firm)


@shared_task(base=FirmTask, expires=60, label=_("Segments kept up to date"))
def tend_firm(*, firm_id: int) -> None:
    tending.tend_schemes(firm_id=firm_id)
