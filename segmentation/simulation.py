"""What a what-if showed, as plain JSON: kept with the decision it led to, and shown again by its page in the words of that day.

The page of a what-if is drawn from the same record, so what was decided on is what was shown. On its way through the confirmation form the
record is signed, with the draft it is of.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core import signing

from firms.formats import in_language
from segmentation.models import SchemeVersion
from segmentation.whatif import Load, WhatIf

Record = dict[str, Any]
_SALT = "segmentation.simulation"


@dataclass(frozen=True)
class Pair:
    """A figure today and after; None where it is not known."""

    before: Decimal | None
    after: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, kw_only=True)
class SegmentShown:
    pk: int
    rank: int
    name: str
    clients: Pair
    aum: Pair
    revenue: Pair


@dataclass(frozen=True, kw_only=True)
class Shown:
    on: date
    moved: int
    arrived: int
    overridden: int
    overridden_elsewhere: int
    uncaught: int
    # Without a name: not placed yet.
    segments: list[SegmentShown]
    # (from, to, clients), stays included.
    streams: list[tuple[SegmentShown | None, SegmentShown, int]]
    clients: Pair
    aum: Pair
    revenue: Pair
    # Hours a year by role; empty where no load was counted, like the three figures that follow.
    hours: dict[str, Pair]
    expected_revenue: Pair | None
    cost: Pair | None
    profit: Pair | None


def record_of(found: WhatIf) -> Record:
    """Exact: decimals are text."""
    sides = (found.before, found.after)
    loads = [side.load for side in sides if side.load is not None]

    def pair(figure: Callable[[Load], Decimal | None]) -> list[str | None]:
        return [None if (value := figure(load)) is None else str(value) for load in loads]

    record: Record = {
        "on": found.on.isoformat(),
        "moved": found.moved,
        "arrived": found.arrived,
        "overridden": found.overridden,
        "overridden_elsewhere": found.overridden_elsewhere,
        "uncaught": found.uncaught,
        "segments": [
            {
                "id": segment.pk,
                "rank": segment.rank,
                "en": segment.name_en,
                "fr": segment.name_fr,
                "clients": [side.clients[segment.pk] for side in sides],
                "aum": [str(side.aum[segment.pk]) for side in sides],
                "revenue": [str(side.revenue[segment.pk]) for side in sides],
            }
            for segment in found.segments
        ],
        "streams": [[before.pk if before else None, after.pk, clients] for before, after, clients in found.streams],
    }
    if len(loads) == len(sides):
        record["load"] = {
            "hours": {role: [str(load.hours[role]) for load in loads] for role in loads[0].hours},
            "expected_revenue": pair(lambda load: load.expected_revenue),
            "cost": pair(lambda load: load.cost),
            "profit": pair(lambda load: load.profit),
        }
    return record


def read_record(record: Mapping[str, Any]) -> Shown:
    """In the active language."""
    segments = [
        SegmentShown(
            pk=each["id"],
            rank=each["rank"],
            name=in_language(en=each["en"], fr=each["fr"]),
            clients=_pair(each["clients"]),
            aum=_pair(each["aum"]),
            revenue=_pair(each["revenue"]),
        )
        for each in record["segments"]
    ]
    by_id = {segment.pk: segment for segment in segments}
    load = record.get("load")
    return Shown(
        on=date.fromisoformat(record["on"]),
        moved=record["moved"],
        arrived=record["arrived"],
        overridden=record["overridden"],
        overridden_elsewhere=record["overridden_elsewhere"],
        uncaught=record["uncaught"],
        segments=segments,
        streams=[(by_id.get(before), by_id[after], clients) for before, after, clients in record["streams"]],
        clients=_sum([segment.clients for segment in segments]),
        aum=_sum([segment.aum for segment in segments]),
        revenue=_sum([segment.revenue for segment in segments]),
        hours={role: _pair(hours) for role, hours in load["hours"].items()} if load else {},
        expected_revenue=_pair(load["expected_revenue"]) if load else None,
        cost=_pair(load["cost"]) if load else None,
        profit=_pair(load["profit"]) if load else None,
    )


def _pair(values: list[Any]) -> Pair:
    before, after = (None if value is None else Decimal(value) for value in values)
    return Pair(before, after)


def _sum(pairs: list[Pair]) -> Pair:
    return Pair(sum((pair.before or Decimal(0) for pair in pairs), Decimal(0)), sum((pair.after or Decimal(0) for pair in pairs), Decimal(0)))


def sign_record(record: Record, *, version: SchemeVersion) -> str:
    """For a hidden field."""
    return signing.dumps({"version": version.pk, "revision": version.revision, "shown": record}, salt=_SALT, compress=True)


def read_signed(text: str, *, version: SchemeVersion) -> Record | None:
    """What was shown of this very draft; None when it was something else, or nothing."""
    try:
        signed = signing.loads(text, salt=_SALT)
    except signing.BadSignature:
        return None
    return signed["shown"] if (signed["version"], signed["revision"]) == (version.pk, version.revision) else None
