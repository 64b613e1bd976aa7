"""Reads of the service matrix."""

from datetime import timedelta

from django.db.models import Count, Exists, QuerySet
from django.db.models.functions import Now

from firms.models import User
from segmentation.models import Assignment, Scheme, Segment
from service_matrix.journal import with_last_edit
from service_matrix.models import MatrixVersion, PromiseException, TouchpointType


def service_scheme(user: User) -> Scheme | None:
    """The scheme whose segments are promised service."""
    return Scheme.objects.filter(firm_id=user.firm_id, is_service=True).first()


def versions_of(user: User) -> QuerySet[MatrixVersion]:
    """With whether any exception is in force, and what undo and redo would do: pages that show them ask no further."""
    # A day more than the database's clock says: the firm's may be behind.
    exceptions = PromiseException.objects.filter(firm_id=user.firm_id, ends_on__gte=Now() - timedelta(days=1))
    return with_last_edit(MatrixVersion.objects.filter(firm_id=user.firm_id).select_related("firm").annotate(has_exceptions=Exists(exceptions)))


def drafts_of(user: User) -> QuerySet[MatrixVersion]:
    return versions_of(user).filter(status=MatrixVersion.Status.DRAFT)


def touchpoint_types_of(user: User) -> QuerySet[TouchpointType]:
    return TouchpointType.objects.filter(firm_id=user.firm_id)


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
