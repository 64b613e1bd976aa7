"""Celery leaves of this room."""

import zoneinfo

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.amounts import bring_up_to_date
from firms.background import FirmTask
from firms.models import Firm
from firms.tasks import for_each_firm


@shared_task
def tick_figures() -> None:
    """Each firm: figures over twelve months move with time, also where nobody writes."""
    for_each_firm(update_figures)


@shared_task(base=FirmTask, expires=3600, label=_("Figures over twelve months"))
def update_figures(*, firm_id: int) -> None:
    firm = Firm.objects.get(pk=firm_id)
    bring_up_to_date(firm_id=firm_id, on=timezone.localdate(timezone=zoneinfo.ZoneInfo(firm.time_zone)))
