"""A matrix as it is shown: types down, segments across, what each cell changes and what to look at, and what all of it costs in hours and money."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from firms.calendar import local_time
from segmentation.models import Segment
from service_matrix.blending import blend_book
from service_matrix.capacity import RoleCapacity, available_by_role, role_capacities, year_ahead
from service_matrix.catalogue import REACTIVE
from service_matrix.comparing import CellChange, compare_cells
from service_matrix.journal import LastEdit, last_edit_of_draft
from service_matrix.load import Matrix, SegmentLoad, work_out_load
from service_matrix.models import MatrixVersion, Performer, Promise, TouchpointType
from service_matrix.money import ROLES, rates_of, read_serving
from service_matrix.warnings import find_warnings, with_unknown_birth_dates


@dataclass(frozen=True)
class Cell:
    """One cell, with what it changes of the published matrix and what to look at before publishing."""

    segment: Segment
    promise: Promise | None
    # Where everything it promises is edited.
    address: str
    change: CellChange | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    segment: Segment
    warnings: list[str]


@dataclass(frozen=True)
class Row:
    touchpoint_type: TouchpointType
    # In the active language, once for all its cells.
    name: str
    cells: list[Cell]


@dataclass(frozen=True)
class FooterLine:
    """One figure for each segment: hours to one decimal, money to the unit, None where it is unknown."""

    label: str
    values: list[Decimal | None]
    is_money: bool = False


@dataclass(frozen=True)
class Totals:
    """What a matrix asks for: by segment, of one client, and of the people there are."""

    version: MatrixVersion
    segments: list[Segment]
    loads: list[SegmentLoad]
    # The same for one client.
    each: list[SegmentLoad]
    # Hours promised against the hours there are, by role.
    roles: list[RoleCapacity]
    # One client is the mean of those there are: profiles or exceptions change what some are promised, and cells alone do not add up to it.
    is_mean: bool

    @property
    def yearly_hours(self) -> list[Decimal]:
        """By segment, to one decimal."""
        return [_one_decimal(load.total_hours) for load in self.loads]

    @property
    def yearly_costs(self) -> list[Decimal | None]:
        """By segment; None where an hour's cost is not known."""
        return [load.cost for load in self.loads]

    @property
    def is_cost_unknown(self) -> bool:
        """Nobody said yet what an hour costs of a role that something is promised of."""
        return any(load.cost is None for load in self.each)

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
            FooterLine(_("Cost a year"), self.yearly_costs, is_money=True),
        ]


@dataclass(frozen=True, kw_only=True)
class Grid(Totals):
    columns: list[Column]
    rows: list[Row]
    # Of a draft: what undo takes back, and whether there is something to do again.
    undoable: LastEdit | None
    is_redoable: bool


def _one_decimal(hours: Decimal) -> Decimal:
    return hours.quantize(Decimal("0.1"), ROUND_HALF_UP)


def segments_of_scheme(version: MatrixVersion) -> list[Segment]:
    """By rank."""
    return list(Segment.objects.filter(firm_id=version.firm_id, scheme_id=version.scheme_id).order_by("rank"))


def read_promises(versions: Sequence[MatrixVersion], segments: Sequence[Segment], *, warns: bool = False) -> list[Promise]:
    """With their segments: those of the grid, not a copy for each promise. What is promised to a segment that is gone is left out.

    Where it `warns`, with what warnings ask of a promise.
    """
    at = {segment.pk: segment for segment in segments}
    rows = Promise.objects.filter(firm_id=versions[0].firm_id, version__in=versions, segment__in=list(at)).select_related("own_channel")
    promises = list(with_unknown_birth_dates(rows) if warns else rows)
    for promise in promises:
        promise.segment = at[promise.segment_id]
    return promises


def matrix_grid(version: MatrixVersion, *, against: MatrixVersion | None = None) -> Grid:
    """A draft shows every type in use, so that any cell can be filled; another version shows what it promises.

    `against` a published version each cell says what it changes, and its row stays when nothing is promised any more. Five statements of a version
    read by queries.versions_of, whatever it promises; one more where it has profiles, one more where there are exceptions.
    """
    segments = segments_of_scheme(version)
    is_draft = version.status == MatrixVersion.Status.DRAFT
    rows = read_promises([version] if against is None else [version, against], segments, warns=is_draft)
    promises = [promise for promise in rows if promise.version_id == version.pk]
    at = {(promise.touchpoint_type_id, promise.segment_id): promise for promise in promises}
    former = {(promise.touchpoint_type_id, promise.segment_id): promise for promise in rows if promise.version_id != version.pk}
    promised_types = {promise.touchpoint_type_id for promise in rows}
    types = [
        each
        for each in TouchpointType.objects.filter(firm_id=version.firm_id).order_by("pk")
        if each.pk in promised_types or (is_draft and each.is_active and each.key != REACTIVE)
    ]
    changes = compare_cells(firm=version.firm, types=types, segments=segments, before=former, after=at) if against is not None else []
    changed = {(change.touchpoint_type.pk, change.segment.pk): change for change in changes}
    warned: dict[tuple[int | None, int], list[str]] = defaultdict(list)
    if is_draft:
        for warning in find_warnings(segments=segments, promises=promises, types=types, firm=version.firm):
            of_type = warning.touchpoint_type.pk if warning.touchpoint_type is not None else None
            warned[of_type, warning.segment.pk].append(warning.text)
    # The address of a cell ends in its type and segment: looked up once, not for each of some hundred cells.
    drafts = reverse("promise_edit", args=[0, 0]).removesuffix("0/0/")

    def cell(kind: TouchpointType, segment: Segment) -> Cell:
        place = (kind.pk, segment.pk)
        return Cell(segment, at.get(place), f"{drafts}{kind.pk}/{segment.pk}/", changed.get(place), warned.get(place, []))

    undoable, is_redoable = last_edit_of_draft(version) if is_draft else (None, False)
    return Grid(
        **vars(add_up(version, segments, promises)),
        columns=[Column(segment, warned.get((None, segment.pk), [])) for segment in segments],
        rows=[Row(kind, kind.name, [cell(kind, segment) for segment in segments]) for kind in types],
        undoable=undoable,
        is_redoable=is_redoable,
    )


def add_up(version: MatrixVersion, segments: list[Segment], promises: Sequence[Promise]) -> Totals:
    """What these promises, which come with their segments, ask for. Two statements, one more with profiles, one more with exceptions."""
    firm, today = version.firm, local_time(version.firm).date()
    calendar = year_ahead(firm, today)
    working = read_serving(firm, away=calendar)
    blended, book = blend_book(version, promises, on=today)
    clients = {segment.pk: book.clients.get(segment.pk, 0) for segment in segments}
    matrix = Matrix(promises=blended, reactive_minutes=version.reactive_minutes, rates=rates_of(firm, working), revenues={})
    load = work_out_load(counts=clients, matrix=matrix)
    each = work_out_load(counts=dict.fromkeys(clients, 1), matrix=matrix).segments
    return Totals(
        version=version,
        segments=segments,
        loads=[load.segments[segment.pk] for segment in segments],
        each=[each[segment.pk] for segment in segments],
        is_mean=blended != list(promises),
        roles=role_capacities(load, working, available_by_role(working, calendar=calendar, absences=working.absences)),
    )
