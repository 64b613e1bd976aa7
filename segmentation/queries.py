"""Reads of this room."""

from collections.abc import Sequence

from django.db.models import Count, QuerySet

from clients.models import Client
from firms.models import User
from firms.permissions import Permission
from firms.statements import given, kept_statement
from segmentation.models import Assignment, Reassessment, Scheme, SchemeVersion, Segment


def schemes_of(user: User) -> QuerySet[Scheme]:
    return Scheme.objects.filter(firm_id=user.firm_id)


def versions_of(user: User) -> QuerySet[SchemeVersion]:
    return SchemeVersion.objects.filter(firm_id=user.firm_id).select_related("scheme", "published_by")


def service_segments(user: User) -> list[Segment]:
    """The segments of the scheme that drives the service matrix, by rank; none before one is published."""
    return _service_segments().rows(firm=user.firm_id)


@kept_statement
def _service_segments() -> QuerySet[Segment]:
    return Segment.objects.filter(firm_id=given("firm"), scheme__is_service=True).order_by("rank")


def service_assignments(clients: Sequence[Client], *, firm_id: int) -> dict[int, Assignment]:
    """The current place of each client in the service scheme, by client, as lists show it: one statement for a whole list."""
    rows = _service_assignments().rows(firm=firm_id, clients=[client.pk for client in clients])
    return {row.client_id: row for row in rows}


@kept_statement
def _service_assignments() -> QuerySet[Assignment]:
    current = Assignment.objects.filter(firm_id=given("firm"), scheme__is_service=True, ends_on=None, client__in=given("clients"))
    return current.select_related("segment").only("client", "source", "segment__rank", "segment__name_en", "segment__name_fr")


def clients_by_segment(*, firm_id: int, scheme_id: int | None = None) -> dict[int, int]:
    """Clients in each segment today, of one scheme or of all; segments without clients are left out."""
    current = Assignment.objects.filter(firm_id=firm_id, ends_on=None)
    if scheme_id is not None:
        current = current.filter(scheme_id=scheme_id)
    return dict(current.order_by().values_list("segment_id").annotate(Count("pk")))


def clients_overridden(firm_id: int, client_ids: list[int]) -> set[int]:
    """Of these clients, those a person ever placed by hand or reassessed: undoing an import keeps them."""
    overrides = Assignment.objects.filter(firm_id=firm_id, client_id__in=client_ids, source=Assignment.Source.OVERRIDE)
    reassessed = Reassessment.objects.filter(firm_id=firm_id, client_id__in=client_ids)
    return {*overrides.values_list("client_id", flat=True), *reassessed.values_list("client_id", flat=True)}


def readable_versions(user: User) -> QuerySet[SchemeVersion]:
    """What is decided is there for everyone; a draft for who may edit it, and for colleagues while it is shared."""
    versions = versions_of(user)
    return versions if user.may(Permission.EDIT_SEGMENTATION) else versions.exclude(status=SchemeVersion.Status.DRAFT, is_shared=False)


def version_before(version: SchemeVersion) -> SchemeVersion | None:
    """What it is compared with: the last version of its scheme that was decided on before it."""
    decided = SchemeVersion.objects.filter(firm_id=version.firm_id, scheme_id=version.scheme_id, number__lt=version.number)
    return decided.exclude(effective_on=None).order_by("-number").first()
