"""What pictures of a scheme show of the real book: how values spread, how scores spread, where clients lie in a plane.

Counts only, of the whole book: nobody is named. Bounded whatever the size of the book, and read in one statement, or two.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.db import connection

from clients.attributes import Attribute, Catalogue
from segmentation.coverage import grid_of
from segmentation.models import Scheme
from segmentation.rules import Plane, Rules, choices_of
from segmentation.scoring import Statement, book_of, compile_rules

# Parts of a histogram of values or scores: 25 of four points each.
PARTS = 25
_POINTS = 100 // PARTS


# --- Scores ---


@dataclass(frozen=True, kw_only=True)
class ScorePart:
    """Clients of one segment whose score lies in one part, from 4 × `part` points up."""

    part: int
    segment_id: int
    clients: int


@dataclass(frozen=True, kw_only=True)
class Dot:
    """Clients who lie together in a plane: where on average, and in which cell."""

    x: Decimal
    y: Decimal
    column: int
    row: int
    clients: int


@dataclass(frozen=True, kw_only=True)
class PlanePicture:
    dots: list[Dot] = field(default_factory=list)

    @property
    def cells(self) -> Counter[tuple[int, int]]:
        """Clients by (column, row)."""
        counted: Counter[tuple[int, int]] = Counter()
        for dot in self.dots:
            counted[dot.column, dot.row] += dot.clients
        return counted


def placed_by(rules: Rules, *, firm_id: int, on: date, catalogue: Catalogue) -> Statement:
    """Where rules that are being written would place the book."""
    return compile_rules(rules, firm_id=firm_id, on=on, catalogue=catalogue)


def placed_in(scheme: Scheme) -> Statement:
    """Where the published rules placed it last."""
    sql = "SELECT client_id, segment_id, score, score_y, is_caught FROM segmentation_placement WHERE firm_id = %s AND scheme_id = %s"
    return Statement(sql, [scheme.firm_id, scheme.pk])


def spread_scores(placed: Statement) -> list[ScorePart]:
    """How many clients score how much, by segment; nothing where rules place without a score."""
    sql = f"""
        SELECT least(floor(score / {_POINTS})::int, {PARTS - 1}), segment_id, count(*) FROM ({placed.sql}) placed
        WHERE score IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
    """
    return [ScorePart(part=part, segment_id=segment_id, clients=clients) for part, segment_id, clients in _rows(sql, placed.parameters)]


def spread_in_plane(placed: Statement, plane: Plane) -> PlanePicture:
    """At most 676 dots a cell's worth of the plane: clients within four points of each other, in the same cell, are one."""
    sql = f"""
        SELECT width_bucket(score, %s::numeric[]), width_bucket(score_y, %s::numeric[]), count(*), avg(score), avg(score_y)
        FROM ({placed.sql}) placed WHERE score IS NOT NULL AND score_y IS NOT NULL
        GROUP BY 1, 2, floor(score / {_POINTS}), floor(score_y / {_POINTS}) ORDER BY 4, 5
    """
    rows = _rows(sql, [list(plane.x_cuts), list(plane.y_cuts), *placed.parameters])
    return PlanePicture(dots=[Dot(column=column, row=row, clients=clients, x=x, y=y) for column, row, clients, x, y in rows])


def count_uncaught(placed: Statement) -> int:
    """How many clients no rule catches: they are in the fallback segment."""
    ((count,),) = _rows(f"SELECT count(*) FROM ({placed.sql}) placed WHERE NOT is_caught", placed.parameters)
    return int(count)


# --- Values ---


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How the values of one attribute are spread over the book."""

    # Ends of the parts of a histogram, rising; the first part also holds what lies under, the last what lies over. Empty for choices.
    ends: list[Decimal] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    # One part a whole value.
    is_whole: bool = False
    # Clients by stored value, for attributes with choices.
    by_choice: dict[str, int] = field(default_factory=dict)
    unknown: int = 0


@dataclass(frozen=True)
class Asked:
    """An attribute whose values are wanted, and figures that the picture must reach: ends of bands."""

    attribute: Attribute
    marks: tuple[Decimal, ...] = ()


def spread_values(asked: Sequence[Asked], *, firm_id: int, on: date) -> list[Spread]:
    """One histogram each, in two statements: how far the values go, then how many lie in each part."""
    if not asked:
        return []
    sources = {f"value_{number}": one.attribute.expression(on=on) for number, one in enumerate(asked)}
    book, parameters = book_of(firm_id).order_by().annotate(**sources).values_list("pk", *sources).query.sql_with_params()
    with_book = f"WITH book (client_id, {', '.join(sources)}) AS MATERIALIZED ({book})"
    ends = _ends(asked, with_book, list(parameters))
    parts, bound = [], list(parameters)
    for number, one in enumerate(asked):
        column = f"value_{number}"
        if choices_of(one.attribute):
            parts.append(f"SELECT {number}, {column}::text, count(*) FROM book GROUP BY 2")
        else:
            part = f"least(greatest(width_bucket({column}::numeric, %s::numeric[]), 1), {max(len(ends[number]) - 1, 1)})"
            parts.append(f"SELECT {number}, (CASE WHEN {column} IS NOT NULL THEN {part} END)::text, count(*) FROM book GROUP BY 2")
            bound.append(ends[number])
    counted: list[dict[str | None, int]] = [{} for _one in asked]
    for number, value, clients in _rows(f"{with_book} {' UNION ALL '.join(parts)}", bound):
        counted[number][value or None] = counted[number].get(value or None, 0) + clients
    return [_spread(one, ends[number], counted[number]) for number, one in enumerate(asked)]


def _spread(asked: Asked, ends: list[Decimal], counted: dict[str | None, int]) -> Spread:
    unknown = counted.pop(None, 0)
    if choices_of(asked.attribute):
        return Spread(by_choice={str(value): clients for value, clients in counted.items()}, unknown=unknown)
    is_whole = grid_of(asked.attribute) == 1 and len(ends) > 1 and ends[1] - ends[0] == 1
    return Spread(ends=ends, counts=[counted.get(str(part), 0) for part in range(1, len(ends))], unknown=unknown, is_whole=is_whole)


def _ends(asked: Sequence[Asked], with_book: str, parameters: list[Any]) -> list[list[Decimal]]:
    """Even parts from the least value, or mark, to the one that 95% do not exceed, or the highest mark: one fortune flattens no picture."""
    columns = []
    for number, one in enumerate(asked):
        if choices_of(one.attribute):
            columns += ["max(NULL::numeric)"] * 3
        else:
            figure = f"value_{number}::numeric"
            columns += [f"min({figure})", f"percentile_disc(0.95) WITHIN GROUP (ORDER BY {figure})", f"max({figure})"]
    (row,) = _rows(f"{with_book} SELECT {', '.join(columns)} FROM book", parameters)
    ends = []
    for number, one in enumerate(asked):
        least, nearly, most = row[3 * number : 3 * number + 3]
        reached = [figure for figure in (least, nearly, *one.marks) if figure is not None]
        ends.append([] if choices_of(one.attribute) or not reached else _parts(min(reached), max(reached), most, grid_of(one.attribute)))
    return ends


def _parts(low: Decimal, high: Decimal, most: Decimal | None, grid: Decimal) -> list[Decimal]:
    """Ends of at most 25 parts of a round width; one a value where there are few whole ones."""
    if grid == 1 and high - low < PARTS:
        most = high if most is None or most - low >= PARTS else max(high, most)
        return [Decimal(int(low) + step) for step in range(int(most) - int(low) + 2)]
    width = _rounded((high - low) / (PARTS - 1)) if high > low else grid
    start = (low / width).to_integral_value(ROUND_FLOOR) * width
    count = int((high - start) // width) + 1
    return [start + width * step for step in range(count + 1)]


def _rounded(width: Decimal) -> Decimal:
    """The next width that people count in: 1, 2, 2.5 or 5 times a power of ten."""
    power = Decimal(10) ** width.adjusted()
    return next(power * step for step in (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10)) if power * step >= width)


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return list(cursor.fetchall())
