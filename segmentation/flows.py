"""Where the clients of a book would go if a version's rules were published: counted, and listed a page at a time.

One statement scores everybody as a publication would (scoring.compile_rules) and compares with who is where today; it reads only.
"""

import base64
import binascii
import json
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from clients.attributes import Catalogue
from clients.models import Client
from clients.queries import visible_to
from firms.models import User
from firms.row_numbers import read_row_number
from segmentation.rules import Rules
from segmentation.scoring import compile_rules

PAGE_SIZE = 50
# The assignment in force of a client just placed.
_CURRENT = "segmentation_assignment a ON a.firm_id = %s AND a.scheme_id = %s AND a.client_id = placed.client_id AND a.ends_on IS NULL"
# Placed by decision, and a publication that day would not end it (publishing._end_expired_overrides).
_OVERRIDDEN = "coalesce(a.source = 'override' AND NOT (a.expires_on <= %s AND a.starts_on < %s), false)"


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Clients who are in one segment and would be in another, or in the same."""

    # None: not placed yet.
    before: int | None
    # Where the rules place them.
    computed: int
    # Placed by decision: they stay, wherever the rules place them.
    overridden: bool = False
    clients: int
    # In the firm's currency; what is not known counts as nothing.
    aum: Decimal = Decimal(0)
    revenue: Decimal = Decimal(0)
    # Of these, whom no rule catches.
    uncaught: int = 0

    @property
    def after(self) -> int:
        return self.before if self.overridden and self.before is not None else self.computed


@dataclass(frozen=True, kw_only=True)
class Counted:
    flows: list[Flow]
    # By place among the cuts, how many clients of the whole book meet its conditions.
    meeting: dict[int, int]


def count_flows(rules: Rules, *, firm_id: int, scheme_id: int, on: date, catalogue: Catalogue | None = None) -> Counted:
    """How many clients would go from which segment to which if these rules were published. One statement."""
    statement = compile_rules(rules, firm_id=firm_id, on=on, catalogue=catalogue, carried=("aum", "annual_revenue"))
    places = [number for number, _group in rules.conditioned]
    met = "".join(f", count(*) FILTER (WHERE placed.meets_{number})" for number in places)
    sql = f"""
        SELECT a.segment_id, placed.segment_id, {_OVERRIDDEN}, count(*), coalesce(sum(placed.carried_aum), 0),
            coalesce(sum(placed.carried_annual_revenue), 0), count(*) FILTER (WHERE NOT placed.is_caught){met}
        FROM ({statement.sql}) placed LEFT JOIN {_CURRENT} GROUP BY 1, 2, 3
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [on, on, *statement.parameters, firm_id, scheme_id])
        rows = cursor.fetchall()
    return Counted(
        flows=[
            Flow(before=before, computed=computed, overridden=overridden, clients=clients, aum=aum, revenue=revenue, uncaught=uncaught)
            for before, computed, overridden, clients, aum, revenue, uncaught, *_met in rows
        ],
        meeting={number: sum(row[7 + position] for row in rows) for position, number in enumerate(places)},
    )


@dataclass(frozen=True, kw_only=True)
class Among:
    """Whom a list holds: everyone who changes segment, those a decision keeps where they are, those no rule catches, or one flow."""

    moving: bool = False
    before: int | None = None
    after: int | None = None
    overridden: bool = False
    uncaught: bool = False

    def where(self, on: date) -> tuple[str, list[Any]]:
        if self.moving:
            return f"a.segment_id <> placed.segment_id AND NOT {_OVERRIDDEN}", [on, on]
        if self.overridden:
            return _OVERRIDDEN, [on, on]
        if self.uncaught:
            return "NOT placed.is_caught", []
        came = "a.segment_id IS NULL" if self.before is None else "a.segment_id = %s"
        after = f"CASE WHEN {_OVERRIDDEN} THEN a.segment_id ELSE placed.segment_id END = %s"
        return f"{came} AND {after}", [*([] if self.before is None else [self.before]), on, on, self.after]


def read_among(address: Mapping[str, str], segments: Container[int]) -> Among | None:
    """`?only=overridden`, `?only=uncaught`, or `?from=<segment>&to=<segment>`, without `from` who is not placed yet; without anything everyone
    who changes segment. None for anything else.
    """
    only, before, after = (address.get(name, "") for name in ("only", "from", "to"))
    if only:
        return {"overridden": Among(overridden=True), "uncaught": Among(uncaught=True)}.get(only)
    if not before and not after:
        return Among(moving=True)
    numbers = [read_row_number(text) or 0 for text in (before, after)]
    if numbers[1] not in segments or (before and numbers[0] not in segments):
        return None
    return Among(before=numbers[0] or None, after=numbers[1])


# Where a page of a list ends: the name it is ordered by, and the client's number.
Mark = tuple[str, int]


def write_mark(mark: Mark) -> str:
    """For an address."""
    return base64.urlsafe_b64encode(json.dumps(mark).encode()).decode().rstrip("=")


def read_mark(text: str) -> Mark | None:
    """What cannot be read is the first page."""
    try:
        name, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, RecursionError, binascii.Error):
        return None
    if not isinstance(name, str) or not isinstance(pk, int) or "\0" in name or abs(pk) >= 2**63:
        return None
    try:
        name.encode()
    except UnicodeEncodeError:
        return None
    return name, pk


@dataclass(frozen=True, kw_only=True)
class Mover:
    client: Client
    # None: not placed yet.
    before: int | None
    # Where the rules place the client.
    computed: int
    score: Decimal | None
    score_y: Decimal | None


@dataclass(frozen=True, kw_only=True)
class MoverPage:
    rows: list[Mover]
    # Of everybody meant, how many the reader sees, and how many are in books the reader does not see.
    visible: int
    hidden: int
    previous: Mark | None
    next: Mark | None


def list_movers(
    rules: Rules,
    *,
    scheme_id: int,
    on: date,
    among: Among,
    user: User,
    after: Mark | None = None,
    before: Mark | None = None,
    catalogue: Catalogue | None = None,
) -> MoverPage:
    """A page of these clients, by name, as far as the user may see them; those of other books are only counted. Two statements."""
    statement = compile_rules(rules, firm_id=user.firm_id, on=on, catalogue=catalogue)
    chosen, chosen_parameters = among.where(on)
    book = visible_to(user)
    visible, visible_parameters = book.order_by().values("pk").query.sql_with_params()
    mark, backwards = (before, True) if before else (after, False)
    beyond = f"WHERE (sort_name, client_id) {'<' if backwards else '>'} (%s, %s)" if mark else ""
    order = "sort_name DESC, client_id DESC" if backwards else "sort_name, client_id"
    sql = f"""
        WITH chosen AS MATERIALIZED (
            SELECT placed.client_id, a.segment_id AS before, placed.segment_id, placed.score, placed.score_y
            FROM ({statement.sql}) placed LEFT JOIN {_CURRENT} WHERE {chosen}
        ), seen AS MATERIALIZED (
            SELECT chosen.*, c.sort_name FROM chosen JOIN clients_client c ON c.firm_id = %s AND c.id = chosen.client_id WHERE c.id IN ({visible})
        )
        SELECT (SELECT count(*) FROM chosen), (SELECT count(*) FROM seen),
            page.client_id, page.before, page.segment_id, page.score, page.score_y, page.sort_name
        FROM (SELECT) once LEFT JOIN (SELECT * FROM seen {beyond} ORDER BY {order} LIMIT {PAGE_SIZE + 1}) page ON true ORDER BY {order}
    """
    bound = [*statement.parameters, user.firm_id, scheme_id, *chosen_parameters, user.firm_id, *visible_parameters, *(mark or ())]
    with connection.cursor() as cursor:
        cursor.execute(sql, bound)
        found = cursor.fetchall()
    total, seen = found[0][:2]
    rows = [row[2:] for row in found if row[2] is not None]
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if backwards:
        rows.reverse()
    clients = book.select_related("adviser").in_bulk([row[0] for row in rows])
    marks = [(row[5], row[0]) for row in rows]
    return MoverPage(
        rows=[
            Mover(client=clients[pk], before=was, computed=computed, score=score, score_y=score_y)
            for pk, was, computed, score, score_y, _name in rows
        ],
        visible=seen,
        hidden=total - seen,
        previous=marks[0] if rows and (more if backwards else mark) else None,
        next=marks[-1] if rows and (mark if backwards else more) else None,
    )
