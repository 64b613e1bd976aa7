"""The hour agreed for a touchpoint, read with it in the same statement: what the queue, the dashboard and the client's year show."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from touchpoints.models import Appointment, Touchpoint


@dataclass(frozen=True)
class Hour:
    starts_at: datetime
    minutes: int
    place: str
    # Names of who was invited.
    guests: list[str]

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


def with_hour(touchpoints: QuerySet[Touchpoint]) -> QuerySet[Touchpoint]:
    """`hour_of` then reads it."""
    agreed = Appointment.objects.filter(firm_id=OuterRef("firm_id"), touchpoint_id=OuterRef("pk"), cancelled_at=None).order_by()
    shown = JSONObject(starts_at="starts_at", minutes="minutes", place="place", guests="guests")
    return touchpoints.annotate(agreed=ArraySubquery(agreed.values(row=shown)[:1]))


def hour_of(touchpoint: Touchpoint) -> Hour | None:
    """The hour in force; None where none is agreed, or it was not asked for."""
    rows: list[dict[str, Any]] = getattr(touchpoint, "agreed", [])
    if not rows:
        return None
    row = rows[0]
    return Hour(datetime.fromisoformat(row["starts_at"]), row["minutes"], row["place"], [guest["name"] for guest in row["guests"]])
