"""What everything that places clients begins with: the firm's day, and the lock of the scheme."""

import zoneinfo
from datetime import date

from django.utils import timezone

from firms.models import Firm
from segmentation.models import Scheme


def firm_today(firm_id: int) -> date:
    """The day it is where the firm works: the first day of what is decided now."""
    zone = Firm.objects.values_list("time_zone", flat=True).get(pk=firm_id)
    return _today_in(zone)


def day_of(firm: Firm) -> date:
    """The same of a firm at hand."""
    return _today_in(firm.time_zone)


def _today_in(zone: str) -> date:
    return timezone.localdate(timezone=zoneinfo.ZoneInfo(zone))


def lock_scheme(scheme_id: int, *, firm_id: int) -> Scheme:
    """Until the end of the transaction no one else places clients in this scheme. Rows that point at it may still be written."""
    return Scheme.objects.select_for_update(no_key=True).get(pk=scheme_id, firm_id=firm_id)
