"""Which values of one attribute the rules of several segments claim: what lies in no segment, what in two, and what never gets a turn.

Practitioners write their segments as a table of ranges, one column an attribute ("50,001–199,000", "2–4 referrals"). Read column by
column, such a table should share out every value once. Ranges are put on the attribute's own grid (cents, whole numbers), so that
every one is half open and a gap is exact.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from clients.attributes import Attribute, Catalogue, Type, Unit
from clients.conditions import Condition, Group, Kind, Match, Test, conditions_in, kind_of

# Figures without a stated grid are kept to four decimals.
_FINEST = Decimal("0.0001")


@dataclass(frozen=True, order=True)
class Span:
    """Figures from `lower` (included) to `upper` (excluded) on an attribute's grid; None is open."""

    lower: Decimal | None
    upper: Decimal | None

    def meets(self, other: "Span") -> "Span | None":
        """What both hold."""
        lower = max((end for end in (self.lower, other.lower) if end is not None), default=None)
        upper = min((end for end in (self.upper, other.upper) if end is not None), default=None)
        return None if lower is not None and upper is not None and lower >= upper else Span(lower, upper)

    def within(self, other: "Span") -> bool:
        begins = other.lower is None or (self.lower is not None and self.lower >= other.lower)
        return begins and (other.upper is None or (self.upper is not None and self.upper <= other.upper))


EVERYTHING = Span(None, None)


@dataclass(frozen=True)
class Claim:
    """A span that a segment's rule claims of one attribute, and the condition that says so: where a fault is marked."""

    segment: int
    at: str
    span: Span


@dataclass(frozen=True)
class Gap:
    """Values between two claims that are in no segment. Marked at the claim that begins after it."""

    attribute: str
    lower: Decimal
    upper: Decimal
    below: Claim
    above: Claim


@dataclass(frozen=True)
class Overlap:
    """Values that two segments claim. Marked at the segment served less: it never gets them."""

    attribute: str
    span: Span
    first: Claim
    second: Claim


def grid_of(attribute: Attribute) -> Decimal:
    """The smallest difference between two of its values."""
    if attribute.type in {Type.COUNT, Type.OUT_OF_TEN} or attribute.unit is Unit.YEARS:
        return Decimal(1)
    return Decimal("0.01") if attribute.type is Type.MONEY else _FINEST


def span_of(condition: Condition, attribute: Attribute) -> Span | None:
    """The figures a condition allows; None when it is not about figures."""
    if kind_of(attribute) is not Kind.FIGURE or not condition.values:
        return None
    step = grid_of(attribute)
    first = Decimal(str(condition.values[0]))
    match condition.test:
        case Test.AT_LEAST:
            return Span(first, None)
        case Test.MORE_THAN:
            return Span(first + step, None)
        case Test.LESS_THAN:
            return Span(None, first)
        case Test.AT_MOST:
            return Span(None, first + step)
        case Test.EQUALS:
            return Span(first, first + step)
        case Test.BETWEEN:
            return Span(first, Decimal(str(condition.values[1])))
        case Test.THROUGH:
            return Span(first, Decimal(str(condition.values[1])) + step)
    return None


def claims_of(group: Group, attribute: Attribute, *, segment: int, at: str = "") -> list[Claim]:
    """What a rule asks of one attribute: all of its conditions together, or any of them. Empty when it asks nothing."""
    found: list[list[Claim]] = []
    for position, item in enumerate(group.items):
        place = f"{at}{position}"
        if isinstance(item, Group):
            inner = claims_of(item, attribute, segment=segment, at=f"{place}-")
            if inner:
                found.append(inner)
        elif item.attribute == attribute.key and (span := span_of(item, attribute)) is not None:
            found.append([Claim(segment, place, span)])
    if group.match is not Match.ALL:
        return [claim for claims in found for claim in claims]
    together = found[0] if found else []
    for claims in found[1:]:
        together = [Claim(segment, other.at, both) for claim in together for other in claims if (both := claim.span.meets(other.span)) is not None]
    return together


def claims_by_attribute(rules: Sequence[tuple[int, Group]], *, catalogue: Catalogue) -> dict[str, list[Claim]]:
    """By attribute of figures that at least two segments ask about, every claim."""
    keys = dict.fromkeys(condition.attribute for _number, group in rules for _at, condition in conditions_in(group))
    found = {}
    for key in keys:
        if key not in catalogue:
            continue
        claims = [claim for number, group in rules for claim in claims_of(group, catalogue[key], segment=number)]
        if len({claim.segment for claim in claims}) > 1:
            found[key] = claims
    return found


def gaps(key: str, claims: Sequence[Claim]) -> Iterator[Gap]:
    """Values between the claims that none holds. What lies under the lowest or over the highest is for the reader of the table to end."""
    ordered = sorted(claims, key=lambda claim: (claim.span.lower is not None, claim.span.lower or Decimal(0)))
    reached = ordered[0]
    for claim in ordered[1:]:
        if reached.span.upper is None:
            return
        if claim.span.lower is not None and claim.span.lower > reached.span.upper:
            yield Gap(key, reached.span.upper, claim.span.lower, reached, claim)
        if claim.span.upper is None or claim.span.upper > reached.span.upper:
            reached = claim


def overlaps(key: str, claims: Sequence[Claim]) -> Iterator[Overlap]:
    """Values that neighbours in rank both claim. Those of one segment may overlap: they are ways into the same place."""
    by_segment: dict[int, list[Claim]] = {}
    for claim in claims:
        by_segment.setdefault(claim.segment, []).append(claim)
    for first, second in pairwise(sorted(by_segment)):
        for above in by_segment[first]:
            for below in by_segment[second]:
                both = above.span.meets(below.span)
                if both is not None:
                    yield Overlap(key, both, above, below)


def is_shadowed(group: Group, earlier: Group, *, catalogue: Catalogue) -> bool:
    """Whether everyone who meets `group` meets `earlier` too, so that the later segment never gets a turn.

    Told only where it is plain: both ask for all of their conditions, and each that the earlier one asks is asked as strictly
    by the later one. What is more tangled is left to the what-if, which counts.
    """
    if earlier.match is not Match.ALL or group.match is not Match.ALL:
        return False
    own = [item for item in group.items if isinstance(item, Condition)]
    return bool(earlier.items) and all(
        isinstance(asked, Condition) and any(_is_stricter(item, asked, catalogue=catalogue) for item in own) for asked in earlier.items
    )


def _is_stricter(item: Condition, asked: Condition, *, catalogue: Catalogue) -> bool:
    if item.attribute != asked.attribute or item.attribute not in catalogue:
        return False
    if item == asked or (asked.test is Test.KNOWN and item.test is not Test.NOT_KNOWN):
        return True
    inner, outer = (span_of(condition, catalogue[item.attribute]) for condition in (item, asked))
    if inner is not None and outer is not None:
        return inner.within(outer)
    return item.test is asked.test is Test.ANY_OF and set(item.values) <= set(asked.values)
