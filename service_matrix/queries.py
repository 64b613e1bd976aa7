"""Reads of the service matrix."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from firms.calendar import local_time
from firms.models import User
from segmentation.models import Assignment, Scheme, Segment
from service_matrix.blending import blend_promises
from service_matrix.capacity import RoleCapacity, available_by_role, read_absences, role_capacities, year_ahead
from service_matrix.catalogue import REACTIVE
from service_matrix.comparing import CellChange, compare_cells
from service_matrix.journal import last_edits
from service_matrix.load import Matrix, SegmentLoad, work_out_load
from service_matrix.models import DraftEdit, MatrixVersion, Performer, Promise, PromiseException, TouchpointType
from service_matrix.money import ROLES, rates_of, read_serving
from service_matrix.warnings import find_warnings


def service_scheme(user: User) -> Scheme | None:
    """The scheme whose segments are promised service."""
    return Scheme.objects.filter(firm_id=user.firm_id, is_service=True).first()


def versions_of(user: User) -> QuerySet[MatrixVersion]:
    """With whether any exception is in force and any edit is remembered: pages of firms that have none ask no further."""
    # A day more than the database's clock says: the firm's may be behind.
    exceptions = PromiseException.objects.filter(firm_id=user.firm_id, ends_on__gte=Now() - timedelta(days=1))
    edits = DraftEdit.objects.filter(firm_id=user.firm_id, version=OuterRef("pk"))
    versions = MatrixVersion.objects.filter(firm_id=user.firm_id).select_related("firm")
    return versions.annotate(has_exceptions=Exists(exceptions), has_edits=Exists(edits))


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


@dataclass(frozen=True)
class Cell:
    """One cell, with what it changes of the published matrix and what to look at before publishing."""

    segment: Segment
    promise: Promise | None
    change: CellChange | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    segment: Segment
    warnings: list[str]


@dataclass(frozen=True)
class Row:
    touchpoint_type: TouchpointType
    cells: list[Cell]


@dataclass(frozen=True)
class FooterLine:
    """One figure for each segment: hours to one decimal, money to the unit, None where it is unknown."""

    label: str
    values: list[Decimal | None]
    is_money: bool = False


@dataclass(frozen=True)
class Grid:
    """A matrix as it is shown: types down, segments across, with what it costs in hours and money."""

    version: MatrixVersion
    segments: list[Segment]
    columns: list[Column]
    rows: list[Row]
    loads: list[SegmentLoad]
    # The same for one client.
    each: list[SegmentLoad]
    # Hours promised against the hours there are, by role.
    roles: list[RoleCapacity]
    # Of a draft: what undo takes back, and what redo does again.
    undoable: DraftEdit | None = None
    redoable: DraftEdit | None = None

    @property
    def yearly_hours(self) -> list[Decimal]:
        """By segment, to one decimal."""
        return [_one_decimal(load.total_hours) for load in self.loads]

    @property
    def footer(self) -> list[FooterLine]:
        return [
            FooterLine(_("Hours a year per client"), [_one_decimal(load.total_hours) for load in self.each]),
            FooterLine(_("Cost a year per client"), [load.cost for load in self.each], is_money=True),
            FooterLine(_("Clients"), [load.clients for load in self.loads]),
            FooterLine(_("Hours a year"), list(self.yearly_hours)),
            *(
                FooterLine(
                    _("of which: %(performer)s") % {"performer": Performer(role).label.lower()},
                    [_one_decimal(load.hours[role]) for load in self.loads],
                )
                for role in ROLES
            ),
            FooterLine(_("Cost a year"), [load.cost for load in self.loads], is_money=True),
        ]


def _one_decimal(hours: Decimal) -> Decimal:
    return hours.quantize(Decimal("0.1"), ROUND_HALF_UP)


def matrix_grid(version: MatrixVersion, *, against: MatrixVersion | None = None, instead: Promise | None = None) -> Grid:
    """A draft shows every type in use, so that any cell can be filled; another version shows what it promises.

    `against` a published version each cell says what it changes, and its row stays when nothing is promised any more.
    `instead` is a promise that is being typed: the grid is what it would be with it in its cell.
    """
    segments = list(Segment.objects.filter(firm_id=version.firm_id, scheme_id=version.scheme_id).order_by("rank"))
    both = [version] if against is None else [version, against]
    rows = list(Promise.objects.filter(firm_id=version.firm_id, version__in=both).select_related("own_channel", "segment"))
    promises = [promise for promise in rows if promise.version_id == version.pk]
    if instead is not None:
        place = (instead.segment_id, instead.touchpoint_type_id)
        promises = [promise for promise in promises if (promise.segment_id, promise.touchpoint_type_id) != place] + [instead]
    at = {(promise.touchpoint_type_id, promise.segment_id): promise for promise in promises}
    former = {(promise.touchpoint_type_id, promise.segment_id): promise for promise in rows if promise.version_id != version.pk}
    promised_types = {promise.touchpoint_type_id for promise in rows}
    is_draft = version.status == MatrixVersion.Status.DRAFT
    types = [
        each
        for each in TouchpointType.objects.filter(firm_id=version.firm_id).order_by("pk")
        if each.pk in promised_types or (is_draft and each.is_active and each.key != REACTIVE)
    ]
    changes = compare_cells(types=types, segments=segments, before=former, after=at) if against is not None else []
    changed = {(change.touchpoint_type.pk, change.segment.pk): change for change in changes}
    warned: dict[tuple[int | None, int], list[str]] = defaultdict(list)
    if is_draft:
        for warning in find_warnings(segments=segments, promises=promises, types=types, firm=version.firm):
            of_type = warning.touchpoint_type.pk if warning.touchpoint_type is not None else None
            warned[of_type, warning.segment.pk].append(warning.text)

    def cell(kind: TouchpointType, segment: Segment) -> Cell:
        place = (kind.pk, segment.pk)
        return Cell(segment, at.get(place), changed.get(place), warned.get(place, []))

    clients = clients_by_segment(scheme=version.scheme, segments=segments)
    firm, today = version.firm, local_time(version.firm).date()
    working, calendar = read_serving(firm), year_ahead(firm, today)
    blended = blend_promises(version, promises, on=today)
    matrix = Matrix(promises=blended, reactive_minutes=version.reactive_minutes, rates=rates_of(firm, working), revenues={})
    load = work_out_load(counts=clients, matrix=matrix)
    loads = load.segments
    each = work_out_load(counts=dict.fromkeys(clients, 1), matrix=matrix).segments
    return Grid(
        version=version,
        segments=segments,
        columns=[Column(segment, warned.get((None, segment.pk), [])) for segment in segments],
        rows=[Row(kind, [cell(kind, segment) for segment in segments]) for kind in types],
        loads=[loads[segment.pk] for segment in segments],
        each=[each[segment.pk] for segment in segments],
        roles=role_capacities(load, working, available_by_role(working, calendar=calendar, absences=read_absences(firm, calendar))),
        **dict(zip(("undoable", "redoable"), last_edits(version), strict=True)) if is_draft and getattr(version, "has_edits", True) else {},
    )
