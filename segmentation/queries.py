"""Reads of this room."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet

from clients.models import Client
from firms.formats import in_language
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


class Placed(NamedTuple):
    """A client's current place, as lists show it."""

    rank: int
    segment: str
    # By a person's decision, whatever the score.
    is_decided: bool


def service_places(clients: Sequence[Client], *, firm_id: int) -> dict[int, Placed]:
    """The current place of each client in the service scheme, by client: one statement for a whole list."""
    rows = _service_places(in_language(en="name_en", fr="name_fr")).rows(firm=firm_id, clients=[client.pk for client in clients])
    decided = Assignment.Source.OVERRIDE.value
    return {client: Placed(rank, name, source == decided) for client, source, rank, name in rows}


@kept_statement
def _service_places(name: str) -> QuerySet[Assignment, tuple[Any, ...]]:
    current = Assignment.objects.filter(firm_id=given("firm"), scheme__is_service=True, ends_on=None, client__in=given("clients"))
    return current.values_list("client_id", "source", "segment__rank", f"segment__{name}")


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
