"""What a person should look at before publishing: segments promised nothing, lower segments promised more, days nobody works, birthdays not known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, QuerySet, Subquery, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Person
from firms import formats
from firms.calendar import list_working_days, local_time
from firms.models import Firm
from segmentation.models import Assignment, Segment
from service_matrix.anchors import Anchor
from service_matrix.catalogue import BY_KEY, Family
from service_matrix.models import MatrixVersion, Promise, TouchpointType

YEARS_LOOKED_AT = 2
_UNKNOWN = "unknown_birth_dates"


@dataclass(frozen=True)
class MatrixWarning:
    """Something to look at: of a cell, or of a whole segment when no touchpoint type is named."""

    segment: Segment
    text: str
    touchpoint_type: TouchpointType | None = None


def warnings_about(version: MatrixVersion) -> list[MatrixWarning]:
    """All of a version's, in three statements."""
    segments = list(Segment.objects.filter(firm_id=version.firm_id, scheme_id=version.scheme_id).order_by("rank"))
    rows = Promise.objects.filter(firm_id=version.firm_id, version=version).select_related("touchpoint_type")
    promises = list(with_unknown_birth_dates(rows))
    types = {promise.touchpoint_type_id: promise.touchpoint_type for promise in promises}
    return find_warnings(segments=segments, promises=promises, types=sorted(types.values(), key=lambda each: each.pk), firm=version.firm)


def with_unknown_birth_dates(promises: QuerySet[Promise]) -> QuerySet[Promise]:
    """Promises that know, where they hang on the birthday, of how many clients of their segment none is known; others ask nothing."""
    known = Person.objects.filter(firm_id=OuterRef("firm_id"), client=OuterRef("client"), birth_date__isnull=False)
    unknown = Assignment.objects.filter(
        ~Exists(known), firm_id=OuterRef("firm_id"), segment=OuterRef("segment"), ends_on=None, client__archived_at=None
    )
    counted = Subquery(unknown.order_by().values("segment").annotate(clients=Count("pk")).values("clients"))
    return promises.annotate(**{_UNKNOWN: Case(When(anchor=Anchor.BIRTHDAY, then=counted), output_field=IntegerField())})


def find_warnings(*, segments: Sequence[Segment], promises: Sequence[Promise], types: Sequence[TouchpointType], firm: Firm) -> list[MatrixWarning]:
    """The same from rows at hand: segments by rank, types in the order they are shown, promises as `with_unknown_birth_dates` reads them."""
    promised = {promise.segment_id for promise in promises}
    empty = [
        MatrixWarning(segment, _("%(segment)s is promised nothing.") % {"segment": segment.name})
        for segment in segments
        if segment.pk not in promised
    ]
    return [
        *empty,
        *_promised_more(segments, promises, types),
        *_never_worked(segments, promises, types, firm),
        *_without_birth_date(segments, promises, types, firm),
    ]


def _promised_more(segments: Sequence[Segment], promises: Sequence[Promise], types: Sequence[TouchpointType]) -> list[MatrixWarning]:
    times = {(promise.segment_id, promise.touchpoint_type_id): promise.times_at_most or promise.times for promise in promises}
    keys = {each.pk: each.key for each in types}
    families: dict[tuple[int, Family], int] = {}
    for promise in promises:
        if (shipped := BY_KEY.get(keys.get(promise.touchpoint_type_id, ""))) is not None:
            key = (promise.segment_id, shipped.family)
            families[key] = families.get(key, 0) + times[promise.segment_id, promise.touchpoint_type_id]
    found = []
    for higher, lower in pairwise(segments):
        for each in types:
            least, most = times.get((higher.pk, each.pk), 0), times.get((lower.pk, each.pk), 0)
            if most > least and not _made_up_for(each, least=least, higher=higher, lower=lower, families=families):
                words = ngettext(
                    "%(lower)s is promised “%(type)s” %(most)s time a year, more than %(higher)s (%(least)s).",
                    "%(lower)s is promised “%(type)s” %(most)s times a year, more than %(higher)s (%(least)s).",
                    most,
                ) % {"lower": lower.name, "higher": higher.name, "type": each.name, "most": most, "least": least}
                found.append(MatrixWarning(lower, words, each))
    return found


def _made_up_for(each: TouchpointType, *, least: int, higher: Segment, lower: Segment, families: dict[tuple[int, Family], int]) -> bool:
    """A higher segment without this type misses nothing when it is given at least as much of its family: planning meetings for a review."""
    shipped = BY_KEY.get(each.key)
    if shipped is None or least:
        return False
    return families.get((higher.pk, shipped.family), 0) >= families.get((lower.pk, shipped.family), 0)


def _never_worked(segments: Sequence[Segment], promises: Sequence[Promise], types: Sequence[TouchpointType], firm: Firm) -> list[MatrixWarning]:
    """Fixed dates on which, window included, nobody works in some year to come: said, and planned all the same on the last working day on or before
    the date; in a year that has none yet, on its first. A firm that never works plans nothing.
    """
    if not firm.working_days:
        promised = {promise.segment_id for promise in promises}
        words = _("The firm’s week has no working day: nothing promised to %(segment)s can be planned.")
        return [MatrixWarning(segment, words % {"segment": segment.name}) for segment in segments if segment.pk in promised]
    dated = {(promise.segment_id, promise.touchpoint_type_id): promise for promise in promises if promise.anchor == Anchor.DATE}
    if not dated:
        return []
    this_year = local_time(firm).date().year
    worked = set(list_working_days(firm, this_year, this_year + YEARS_LOOKED_AT))
    found = []
    for each in types:
        for segment in segments:
            promise = dated.get((segment.pk, each.pk))
            if promise is None:
                continue
            closed = [year for year in range(this_year, this_year + YEARS_LOOKED_AT) if not _is_workable(promise, year, worked)]
            if closed:
                words = _("“%(type)s” for %(segment)s, %(when)s: nobody works in that window in %(year)s.") % {
                    "type": each.name,
                    "segment": segment.name,
                    "when": promise.falls,
                    "year": closed[0],
                }
                found.append(MatrixWarning(segment, f"{words} {_planned_instead(promise, closed[0], worked)}", each))
    return found


def _date_in(promise: Promise, year: int) -> date | None:
    return date(year, promise.anchor_month, promise.anchor_day) if promise.anchor_month and promise.anchor_day else None


def _is_workable(promise: Promise, year: int, worked: set[date]) -> bool:
    due = _date_in(promise, year)
    return due is None or any(due + timedelta(days=number) in worked for number in range(promise.window_days + 1))


def _planned_instead(promise: Promise, year: int, worked: set[date]) -> str:
    due = _date_in(promise, year)
    if due is not None and any(date(year, 1, 1) <= day <= due for day in worked):
        return _("It is planned on the last working day before.")
    return _("It is planned on the year’s first working day.")


def _without_birth_date(segments: Sequence[Segment], promises: Sequence[Promise], types: Sequence[TouchpointType], firm: Firm) -> list[MatrixWarning]:
    """Birthdays promised to clients of whom none is known: capacity counts what can never be planned."""
    missing = {(promise.segment_id, promise.touchpoint_type_id): getattr(promise, _UNKNOWN, 0) or 0 for promise in promises}
    found = []
    for each in types:
        for segment in segments:
            if clients := missing.get((segment.pk, each.pk), 0):
                words = ngettext(
                    "“%(type)s” for %(segment)s: %(clients)s client has no birth date, and nothing can be planned for them.",
                    "“%(type)s” for %(segment)s: %(clients)s clients have no birth date, and nothing can be planned for them.",
                    clients,
                ) % {"type": each.name, "segment": segment.name, "clients": formats.number(clients, locale=formats.babel_locale(firm.region))}
                found.append(MatrixWarning(segment, words, each))
    return found
