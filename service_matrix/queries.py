"""Reads of the service matrix."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Count, Exists, QuerySet
from django.db.models.functions import Now

from firms.models import User
from firms.statements import given, given_user, kept_statement
from segmentation.models import Assignment, Scheme, Segment
from service_matrix.journal import with_last_edit
from service_matrix.models import MatrixVersion, Promise, PromiseException, TouchpointType


def service_scheme(user: User) -> Scheme | None:
    """The scheme whose segments are promised service."""
    return Scheme.objects.filter(firm_id=user.firm_id, is_service=True).first()


def versions_of(user: User) -> QuerySet[MatrixVersion]:
    """With whether any exception is in force, and what undo and redo would do: pages that show them ask no further."""
    # A day more than the database's clock says: the firm's may be behind.
    exceptions = PromiseException.objects.filter(firm_id=user.firm_id, ends_on__gte=Now() - timedelta(days=1))
    return with_last_edit(MatrixVersion.objects.filter(firm_id=user.firm_id).select_related("firm").annotate(has_exceptions=Exists(exceptions)))


def read_current_versions(user: User) -> dict[str, MatrixVersion]:
    """The draft and the published version of the scheme that drives the service matrix, by status, each with its scheme and firm."""
    return {version.status: version for version in _current_versions().rows(firm=user.firm_id)}


def periods_in_force(versions: Iterable[MatrixVersion], *, since: date) -> list[tuple[MatrixVersion, date]]:
    """Of versions that are or were published, those in force from a day on, the latest first, each with the day it came: the earliest counts for
    whatever was before it.
    """
    latest_first = sorted(versions, key=lambda each: (each.effective_on or date.min, each.number), reverse=True)
    found = []
    for each in latest_first:
        found.append((each, each.effective_on or date.min))
        if found[-1][1] <= since:
            break
    return found


@kept_statement
def _current_versions() -> QuerySet[MatrixVersion]:
    current = [MatrixVersion.Status.DRAFT, MatrixVersion.Status.PUBLISHED]
    return versions_of(given_user()).filter(scheme__is_service=True, status__in=current).select_related("scheme", "firm")


def promises_of(version: MatrixVersion) -> list[Promise]:
    """What a version promises, each with its segment and touchpoint type."""
    return _promises().rows(firm=version.firm_id, version=version.pk)


@kept_statement
def _promises() -> QuerySet[Promise]:
    return Promise.objects.filter(firm_id=given("firm"), version=given("version")).select_related("segment", "touchpoint_type")


def drafts_of(user: User) -> QuerySet[MatrixVersion]:
    return versions_of(user).filter(status=MatrixVersion.Status.DRAFT)


def touchpoint_types_of(user: User) -> QuerySet[TouchpointType]:
    return TouchpointType.objects.filter(firm_id=user.firm_id)


def segments_with_strategies(*, firm_id: int, scheme_id: int) -> list[Segment]:
    """The segments of a scheme by rank, each with its strategy where it has one."""
    return _segments_with_strategies().rows(firm=firm_id, scheme=scheme_id)


@kept_statement
def _segments_with_strategies() -> QuerySet[Segment]:
    return Segment.objects.filter(firm_id=given("firm"), scheme=given("scheme")).select_related("strategy").order_by("rank")


def segments_of(user: User) -> QuerySet[Segment]:
    return Segment.objects.filter(firm_id=user.firm_id)


def clients_by_segment(*, scheme: Scheme, segments: list[Segment]) -> dict[int, int]:
    """How many clients are in each segment today."""
    counted = dict(
        Assignment.objects.filter(firm_id=scheme.firm_id, scheme=scheme, ends_on=None, client__archived_at=None)
        .values_list("segment_id")
        .annotate(clients=Count("pk"))
        .order_by()
    )
    return {segment.pk: counted.get(segment.pk, 0) for segment in segments}
