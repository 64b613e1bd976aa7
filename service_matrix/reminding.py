"""Exceptions that run out are said in time, to the lead adviser and to who decided (segmentation/reminding.py is the same for placements)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from firms.formats import in_language
from firms.permissions import Permission
from messaging.notices import notice_kind
from segmentation.reminding import STAGES, Wanted, post_wanted
from service_matrix.models import PromiseException

KIND = "promise_exception_ends"


def word_exception(values: Mapping[str, Any]) -> str:
    told = {**values, "type": in_language(en=values["type_en"], fr=values["type_fr"])}
    if not values["days"]:
        return gettext("The exception of %(client)s (%(type)s) ends today: the segment’s promise applies again.") % told
    return (
        ngettext(
            "The exception of %(client)s (%(type)s) ends in %(days)d day.",
            "The exception of %(client)s (%(type)s) ends in %(days)d days.",
            values["days"],
        )
        % told
    )


notice_kind(KIND, icon="hand", sentence=word_exception)


@transaction.atomic
def remind_of_exceptions(*, firm_id: int, today: date) -> int:
    """30 days and 7 days before an exception ends, and on the day; not of a stage that had passed when it was decided. Returns how many were told.

    A tick that was missed is made up for by the next one; one that someone ended early is not told of.
    """
    ending = (
        PromiseException.objects.filter(
            firm_id=firm_id,
            ends_on__range=(today, today + timedelta(days=STAGES[0])),
            ended_by=None,
            client__archived_at=None,
        )
        .select_related("client__adviser", "touchpoint_type", "by")
        .order_by("ends_on", "pk")
    )
    wanted: dict[str, Wanted] = {}
    for row in ending:
        days = (row.ends_on - today).days
        stage = min(stage for stage in STAGES if stage >= days)
        if row.ends_on - timedelta(days=stage) <= row.starts_on:
            continue
        values = {"client": row.client.name, "type_en": row.touchpoint_type.name_en, "type_fr": row.touchpoint_type.name_fr, "days": days}
        for user in {row.client.adviser, row.by}:
            if user is not None and user.may(Permission.VIEW_MATRIX):
                key = f"{KIND} {row.pk} {stage} {user.pk}"
                wanted[key] = Wanted(user, values, reverse("client_year", args=[row.client_id]), row.client.adviser_id)
    return post_wanted(KIND, wanted, firm_id=firm_id)
