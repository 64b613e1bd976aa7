"""Promises and placements for the tests of planning, in the firm of the current transaction."""

from collections.abc import Mapping
from datetime import date
from itertools import count
from typing import Any

from clients.models import Client
from segmentation.models import Assignment, Scheme, Segment
from service_matrix.models import MatrixVersion, Promise, TouchpointType

_numbers = count(1)


def make_scheme(*, segments: int = 3) -> list[Segment]:
    """The service scheme and its segments, rank 1 first."""
    scheme = Scheme.objects.create(name_en="Service", name_fr="Service", is_service=True)
    return [Segment.objects.create(scheme=scheme, rank=rank, name_en=f"Level {rank}", name_fr=f"Niveau {rank}") for rank in range(1, segments + 1)]


def make_type(**fields: Any) -> TouchpointType:
    number = next(_numbers)
    return TouchpointType.objects.create(
        **{"name_en": f"Type {number}", "name_fr": f"Type {number}", "channel": "phone", "performer": "either", "minutes": 20, **fields}
    )


def publish(promises: Mapping[tuple[Segment, TouchpointType], int | dict[str, Any]]) -> MatrixVersion:
    """Publish a matrix in the place of the one before: {(segment, type): times a year, or fields}."""
    scheme = next(iter(promises))[0].scheme
    MatrixVersion.objects.filter(scheme=scheme, status="published").update(status="retired")
    number = MatrixVersion.objects.filter(scheme=scheme).count() + 1
    version = MatrixVersion.objects.create(scheme=scheme, number=number, status="published")
    for (segment, touchpoint_type), promised in promises.items():
        given = promised if isinstance(promised, dict) else {"times": promised}
        how = {"channel": touchpoint_type.channel, "performer": touchpoint_type.performer, "minutes": touchpoint_type.minutes, "window_days": 14}
        Promise.objects.create(version=version, segment=segment, touchpoint_type=touchpoint_type, **{**how, **given})
    return version


def place(client: Client, segment: Segment, *, since: date) -> Assignment:
    """Put a client in a segment from a day on, ending the place it had."""
    Assignment.objects.filter(client=client, scheme=segment.scheme, ends_on=None).update(ends_on=since)
    return Assignment.objects.create(client=client, scheme=segment.scheme, segment=segment, starts_on=since, source="computed")
