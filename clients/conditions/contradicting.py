"""Groups that no client can meet, found without asking the database.

Attributes are independent, so it is enough to look at one attribute at a time. The values its conditions name cut its domain into pieces on
which every condition is constant: each named value, the gaps between them, "not known". One sample of each piece stands for it, the
reference decides which samples a condition allows, and a group is impossible when some attribute is left with none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain, combinations, pairwise
from math import comb
from typing import Any

from clients.attributes import Attribute, Catalogue, Type
from clients.conditions.matching import holds, needed, plain
from clients.conditions.rules import Condition, Group, Kind, Test, conditions_in, ends_of, is_whole, kind_of

# By attribute, the samples left to it (their positions); an attribute that is absent has all of its own.
_Allowed = Mapping[str, frozenset[int]]

# More ways than this to choose k of n items are not looked into: nothing is said then.
_MOST_CHOICES = 500
# Every subset of the named choices is a sample, unless more of them are named than this.
_MOST_NAMED = 8


@dataclass(frozen=True)
class Contradiction:
    """A condition, or a group's conditions, that no client can meet. `at` is the place of the item: "" for the outer group, "2", "2-1".

    `conditions` are those that stand against each other; none when it is not a matter of two.
    """

    at: str
    conditions: tuple[Condition, ...]


def contradictions(group: Group, *, catalogue: Catalogue, on: date) -> list[Contradiction]:
    """The smallest items that nothing can meet, in reading order; conditions about attributes the catalogue lacks are passed over."""
    named: dict[str, list[Condition]] = {}
    for _at, condition in conditions_in(group):
        if condition.attribute in catalogue:
            named.setdefault(condition.attribute, []).append(condition)
    samples = {key: pieces for key, conditions in named.items() if (pieces := _samples(catalogue[key], conditions, on))}
    found: list[Contradiction] = []
    _Judge(catalogue, samples, on, found).group(group, "")
    return found


@dataclass(frozen=True)
class _Judge:
    catalogue: Catalogue
    samples: Mapping[str, list[Any]]
    on: date
    found: list[Contradiction]

    def group(self, group: Group, at: str) -> _Allowed | None:
        """What the group leaves to each attribute; None when nothing can meet it."""
        judged = [self.item(item, f"{at}-{position}" if at else str(position)) for position, item in enumerate(group.items)]
        possible = [allowed for allowed in judged if allowed is not None]
        wanted = needed(group)
        if wanted > len(possible):
            # The items that are impossible by themselves have been told already.
            if len(possible) == len(judged):
                self.found.append(Contradiction(at, ()))
            return None
        if comb(len(possible), wanted) > _MOST_CHOICES:
            return {}
        ways = [way for chosen in combinations(possible, wanted) if (way := _together(chosen)) is not None]
        if not ways:
            self.found.append(Contradiction(at, self.culprits(group)))
            return None
        return _either(ways)

    def item(self, item: Condition | Group, at: str) -> _Allowed | None:
        if isinstance(item, Group):
            return self.group(item, at)
        if item.attribute not in self.samples:
            return {}
        allowed = self.allowed(item)
        if not allowed:
            self.found.append(Contradiction(at, (item,)))
            return None
        return {item.attribute: allowed}

    def allowed(self, condition: Condition) -> frozenset[int]:
        attribute = self.catalogue[condition.attribute]
        return frozenset(
            position for position, value in enumerate(self.samples[condition.attribute]) if holds(condition, value, attribute=attribute, on=self.on)
        )

    def culprits(self, group: Group) -> tuple[Condition, ...]:
        """The first two of the group's own conditions that exclude each other, or all about the first attribute that has none left."""
        own = [item for item in group.items if isinstance(item, Condition) and item.attribute in self.samples]
        for first, second in combinations(own, 2):
            if first.attribute == second.attribute and not self.allowed(first) & self.allowed(second):
                return (first, second)
        for key in dict.fromkeys(condition.attribute for condition in own):
            about = [condition for condition in own if condition.attribute == key]
            if not frozenset.intersection(*map(self.allowed, about)):
                return tuple(about)
        return ()


def _together(allowed: Iterable[_Allowed]) -> _Allowed | None:
    left: dict[str, frozenset[int]] = {}
    for one in allowed:
        for key, positions in one.items():
            left[key] = left.get(key, positions) & positions
            if not left[key]:
                return None
    return left


def _either(ways: list[_Allowed]) -> _Allowed:
    common = set.intersection(*(set(way) for way in ways))
    return {key: frozenset(chain.from_iterable(way[key] for way in ways)) for key in common}


def _samples(attribute: Attribute, conditions: list[Condition], on: date) -> list[Any]:
    """One value of each piece that the conditions cut the attribute's domain into, "not known" among them; empty for too many to look into."""
    values = list(dict.fromkeys(value for condition in conditions if condition.test not in _RELATIVE for value in condition.values))
    match kind_of(attribute):
        case Kind.FIGURE:
            return [None, *_figures([end for end in _ends(conditions, on) if isinstance(end, Decimal)], attribute)]
        case Kind.DAY:
            days = [end for end in _ends(conditions, on) if isinstance(end, date)] or [on]
            return [None, *sorted({day + timedelta(days=step) for day in days for step in (-1, 0, 1) if date.min < day < date.max})]
        case Kind.CHOICE:
            return [None, *(value for value, _label in attribute.every_choice)]
        case Kind.YES_NO:
            return [None, True, False]
        case Kind.TEXT:
            return [None, *_texts([str(value) for value in values])]
        case Kind.SEVERAL:
            return _several([str(value) for value in values], attribute)
    return [None, "known"]


_RELATIVE = {Test.LAST_MONTHS, Test.NEXT_DAYS}


def _ends(conditions: list[Condition], on: date) -> list[Any]:
    ranges = [ends_of(condition, on=on) for condition in conditions if condition.values]
    return sorted({end for ends in ranges for end in (ends.lower, ends.upper) if end is not None})


def _figures(ends: list[Decimal], attribute: Attribute) -> list[Decimal]:
    if is_whole(attribute):
        most = Decimal(10) if attribute.type is Type.OUT_OF_TEN else None
        near = {end.to_integral_value() + step for end in ends or [Decimal(0)] for step in (-1, 0, 1)} | {Decimal(0)}
        return sorted(figure for figure in near if figure >= 0 and (most is None or figure <= most))
    if not ends:
        return [Decimal(0)]
    between = [(lower + upper) / 2 for lower, upper in pairwise(ends)]
    return sorted({ends[0] - 1, *ends, *between, ends[-1] + 1})


def _texts(values: list[str]) -> list[str]:
    # A word nobody wrote: alone, and after each text or all of them, it is what contains them and equals none.
    other = "x" + "".join(plain(value).replace(" ", "") for value in values) + "x"
    return [other, *values, *(f"{value} {other}" for value in values), " ".join([*values, other])]


def _several(values: list[str], attribute: Attribute) -> list[tuple[str, ...] | None]:
    if len(values) > _MOST_NAMED:
        return []
    others = [value for value, _label in attribute.every_choice if value not in values][:1]
    subsets = chain.from_iterable(combinations(values, size) for size in range(len(values) + 1))
    return [None, *(held for subset in subsets for held in ((*subset, *others), subset) if held)]
