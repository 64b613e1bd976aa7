"""Where a client was placed, by whom, why and until when: the lines of this room in the client's history."""

from datetime import date, datetime
from typing import Any

from django.db.models import BigIntegerField, DateTimeField, F, Value
from django.utils.translation import gettext, gettext_lazy

from clients.columns import Change, Line
from clients.history import MOST_EVENTS
from clients.models import Client
from firms import formats
from firms.models import Firm
from segmentation.models import Assignment

_SAID = {
    Assignment.Source.COMPUTED: gettext_lazy("placed by the rules"),
    Assignment.Source.OVERRIDE: gettext_lazy("placed by decision"),
    Assignment.Source.IMPORT: gettext_lazy("placed by an import"),
}
_COLUMNS = (
    "id", "created_at", "source", "reason", "starts_on", "ends_on", "expires_on", "by__name", "by__email", "version__number",
    "scheme_id", "scheme__name_en", "scheme__name_fr", "segment__name_en", "segment__name_fr",
)  # fmt: skip
# Of what one transaction wrote in a row, what stands is the last.
_STANDS = 2**62


def list_decisions(client: Client, firm: Firm) -> list[Change]:
    """One change a placement that ever held, newest first. One statement.

    What a later decision of the same day replaced is read from the history that the assignments' triggers keep.
    """
    standing = Assignment.objects.annotate(replaced_at=Value(None, DateTimeField()), turn=Value(_STANDS, BigIntegerField()))
    replaced = Assignment.pgh_event_model.objects.annotate(replaced_at=F("pgh_created_at"), turn=F("pgh_id"))  # type: ignore[attr-defined]
    latest, earlier = (
        rows.filter(firm_id=client.firm_id, client_id=client.pk)
        .order_by("-created_at")
        .values_list(*_COLUMNS, "replaced_at", "turn", named=True)[:MOST_EVENTS]
        for rows in (standing, replaced)
    )
    changes, before = [], dict[int, str]()
    for row in sorted(latest.union(earlier, all=True), key=lambda row: (row.created_at, row.id, row.turn)):
        segment = formats.in_language(en=row.segment__name_en, fr=row.segment__name_fr)
        changes.append(_told(row, before=before.get(row.scheme_id, ""), after=segment, firm=firm))
        before[row.scheme_id] = segment
    return changes[::-1]


def _told(row: Any, *, before: str, after: str, firm: Firm) -> Change:
    facts: list[tuple[str, str | date | datetime | None]] = [
        (gettext("Reason"), row.reason),
        (gettext("Rules"), gettext("version %(number)s") % {"number": row.version__number} if row.version__number else ""),
        (gettext("From"), row.starts_on),
        (gettext("Decided until"), row.expires_on),
        (gettext("Ended"), row.ends_on),
        (gettext("Replaced the same day"), row.replaced_at),
    ]
    lines = [Line(formats.in_language(en=row.scheme__name_en, fr=row.scheme__name_fr), "" if before == after else before, after)]
    lines += [Line(label, "", _shown(value, firm=firm)) for label, value in facts if value]
    source = Assignment.Source(row.source)
    icon = "hand" if source is Assignment.Source.OVERRIDE else "layers"
    return Change(row.created_at, row.by__name or row.by__email or "", gettext("Segment"), "decide", lines, str(_SAID[source]), icon)


def _shown(value: str | date | datetime | None, *, firm: Firm) -> str:
    locale = formats.babel_locale(firm.region)
    match value:
        case datetime():
            return formats.moment(value, locale=locale)
        case date():
            return formats.day(value, locale=locale)
    return value or ""
