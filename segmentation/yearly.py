"""The yearly review of a scheme: four questions, answered by people from figures.

Capacity = commitments? Is the segmentation still accurate? Is the service delivered consistently? Are needs met? What this room
knows it counts itself; what rooms above know they register with `answer_with`, since imports run one way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.db.models import Avg, Count, Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from django_stubs_ext import StrPromise

from clients.attributes import UnknownAttribute, catalogue_of
from clients.models import Client
from firms import formats
from firms.models import Firm, User
from segmentation.locking import firm_today, lock_scheme
from segmentation.models import Assignment, Axis, Criterion, Drift, Placement, Scheme, SchemeReview, SchemeVersion
from segmentation.queries import clients_by_segment
from segmentation.reassessing import a_year_before
from segmentation.whatif import promises_of


class Question(StrEnum):
    CAPACITY = "capacity"
    ACCURACY = "accuracy"
    DELIVERY = "delivery"
    NEEDS = "needs"


@dataclass(frozen=True)
class Figure:
    """One figure of an answer, already worded for its reader."""

    label: str | StrPromise
    value: str
    # "", good, warn or bad.
    tone: str = ""


# (scheme, firm, first day, last day) → figures, in the active language.
Answerer = Callable[[Scheme, Firm, date, date], list[Figure]]
_answerers: dict[Question, list[Answerer]] = {question: [] for question in Question}


def answer_with(question: Question, answerer: Answerer) -> None:
    """A room above adds what it knows of a question."""
    if answerer not in _answerers[question]:
        _answerers[question].append(answerer)


def figures_of(scheme: Scheme, *, firm: Firm, today: date) -> dict[Question, list[Figure]]:
    """What is known of each question over the last twelve months; nothing where nothing is."""
    first = a_year_before(today)
    own = {Question.CAPACITY: _committed, Question.ACCURACY: _accuracy, Question.NEEDS: _satisfaction}
    found: dict[Question, list[Figure]] = {}
    for question in Question:
        sources = [*([own[question]] if question in own else []), *_answerers[question]]
        found[question] = [figure for source in sources for figure in source(scheme, firm, first, today)]
    return found


def _committed(scheme: Scheme, firm: Firm, first: date, last: date) -> list[Figure]:
    if not scheme.is_service:
        return []
    promised = promises_of(scheme)
    if promised is None:
        return []
    load = promised.load(clients_by_segment(firm_id=firm.pk, scheme_id=scheme.pk), {})
    hours = sum(load.hours.values(), Decimal(0))
    locale = formats.babel_locale(firm.region)
    return [Figure(_("Hours promised a year"), _("%(hours)s h") % {"hours": formats.number(round(hours), locale=locale)})]


def _accuracy(scheme: Scheme, firm: Firm, first: date, last: date) -> list[Figure]:
    """Who drifts, who is placed by decision, whom no rule catches, who was looked at, and how much of each criterion is not known."""
    placements = Placement.objects.filter(firm_id=firm.pk, scheme=scheme)
    drift = Drift.objects.filter(firm_id=firm.pk, scheme=scheme, client_id=OuterRef("client_id"))
    overridden = Assignment.objects.filter(
        firm_id=firm.pk, scheme=scheme, client_id=OuterRef("client_id"), ends_on=None, source=Assignment.Source.OVERRIDE
    )
    counts = placements.annotate(drifts=Exists(drift), by_decision=Exists(overridden)).aggregate(
        all=Count("pk"),
        drifting=Count("pk", filter=Q(drifts=True)),
        overridden=Count("pk", filter=Q(by_decision=True)),
        not_caught=Count("pk", filter=Q(is_caught=False)),
    )
    total = counts["all"]
    if not total:
        return []
    locale = formats.babel_locale(firm.region)

    def share(part: int, *, warn: float = 0.1) -> dict[str, str]:
        text = f"{formats.number(part, locale=locale)} ({formats.percent(part / total, locale=locale)})"
        return {"value": text, "tone": "warn" if part / total > warn else ""}

    figures = [
        Figure(_("Clients placed"), formats.number(total, locale=locale)),
        Figure(_("Clients whose segment is no longer the computed one"), **share(counts["drifting"])),
        Figure(_("Clients placed by decision"), **share(counts["overridden"])),
        Figure(_("Clients whom no rule catches"), **share(counts["not_caught"], warn=0)),
    ]
    catalogue = catalogue_of(firm.pk)
    for criterion, missing in _missing_by_criterion(scheme, firm_id=firm.pk):
        try:
            label = catalogue[criterion.attribute].label
        except UnknownAttribute:
            label = criterion.attribute
        figures.append(Figure(_("%(attribute)s: not known") % {"attribute": label}, **share(missing, warn=0.25)))
    return figures


def _missing_by_criterion(scheme: Scheme, *, firm_id: int) -> list[tuple[Criterion, int]]:
    """How many clients' value of each criterion is not known: one pass over the placements."""
    criteria = list(
        Criterion.objects.filter(firm_id=firm_id, version__scheme=scheme, version__status=SchemeVersion.Status.PUBLISHED)
        .exclude(axis=Axis.STATED)
        .order_by("position", "pk")
    )
    if not criteria:
        return []
    columns = ", ".join("count(*) FILTER (WHERE inputs -> %s -> 0 IN ('null', '\"\"'))" for _criterion in criteria)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM segmentation_placement WHERE firm_id = %s AND scheme_id = %s",
            [*(str(criterion.pk) for criterion in criteria), firm_id, scheme.pk],
        )
        return list(zip(criteria, cursor.fetchone(), strict=True))


def _satisfaction(scheme: Scheme, firm: Firm, first: date, last: date) -> list[Figure]:
    current = Assignment.objects.filter(firm_id=firm.pk, scheme=scheme, client_id=OuterRef("pk"), ends_on=None)
    rows = (
        Client.objects.filter(firm_id=firm.pk, archived_at=None)
        .annotate(segment_id=Subquery(current.values("segment_id")[:1]))
        .filter(segment_id__isnull=False)
        .order_by()
        .values("segment_id")
        .annotate(known=Count("satisfaction"), clients=Count("pk"), mean=Avg("satisfaction"))
    )
    found = {row["segment_id"]: row for row in rows}
    known, total = sum(row["known"] for row in found.values()), sum(row["clients"] for row in found.values())
    if not known:
        return []
    locale = formats.babel_locale(firm.region)
    figures = [Figure(_("Clients whose satisfaction is known"), _of(known, total, locale=locale), "warn" if known / total < 0.5 else "")]
    for segment in scheme.segments.filter(firm_id=firm.pk).order_by("rank"):
        row = found.get(segment.pk)
        if row and row["known"]:
            mean = Decimal(row["mean"]).quantize(Decimal("0.1"))
            figures.append(Figure(_("Satisfaction in %(segment)s") % {"segment": segment.name}, f"{formats.number(mean, locale=locale)}/10"))
    return figures


def _of(part: int, whole: int, *, locale: Any) -> str:
    return _("%(part)s of %(whole)s") % {"part": formats.number(part, locale=locale), "whole": formats.number(whole, locale=locale)}


class NextDateRefused(Exception):
    """The next review is on a day after today, within two years; nothing was written."""


class ReviewedToday(Exception):
    """Somebody recorded a review of this scheme today already; nothing was written."""


@transaction.atomic
def record_review(*, scheme: Scheme, answers: dict[str, str], conclusions: str, next_on: date, by: User) -> SchemeReview:
    """Keep the answers with the figures of this moment. Raises NextDateRefused or ReviewedToday."""
    lock_scheme(scheme.pk, firm_id=by.firm_id)
    today = firm_today(by.firm_id)
    if not today < next_on <= today.replace(day=1, year=today.year + 2):
        raise NextDateRefused
    if SchemeReview.objects.filter(firm_id=by.firm_id, scheme=scheme, on=today).exists():
        raise ReviewedToday
    figures = figures_of(scheme, firm=by.firm, today=today)
    return SchemeReview.objects.create(
        scheme=scheme,
        on=today,
        by=by,
        conclusions=conclusions.strip(),
        next_on=next_on,
        figures={question.value: [[str(figure.label), figure.value] for figure in found] for question, found in figures.items()},
        **{question.value: answers[question.value] for question in Question},
    )


def reviews_of(scheme: Scheme, *, firm_id: int) -> list[SchemeReview]:
    """Latest first."""
    return list(SchemeReview.objects.filter(firm_id=firm_id, scheme=scheme).select_related("by").order_by("-on", "-pk"))
