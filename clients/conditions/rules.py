"""The conditions themselves, as plain values, and which tests suit which attribute."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import cast

from clients.attributes import Attribute, Type, Unit

# Beyond these a rule is no longer read by anyone: the outer group counts as the first level.
DEEPEST = 5
MOST_CONDITIONS = 50

End = Decimal | date
ConditionValue = End | int | str | bool


class Match(Enum):
    """How many items of a group must be met."""

    ALL = "all"
    ANY = "any"
    AT_LEAST = "at_least"


class Test(Enum):
    """What is asked of a value. Stored by value: never rename one."""

    __test__ = False  # for pytest: there is nothing to collect here

    # Figures and days, against one value, or two.
    AT_LEAST = "at_least"  # ≥
    MORE_THAN = "more_than"  # >
    LESS_THAN = "less_than"  # <
    AT_MOST = "at_most"  # ≤
    BETWEEN = "between"  # from the first, to less than the second
    THROUGH = "through"  # from the first, up to and including the second
    EQUALS = "equals"
    # Days, against the day the question is asked.
    LAST_MONTHS = "last_months"  # of the last n months, today included: the same day n months ago is out
    NEXT_DAYS = "next_days"  # today or one of the n days that follow
    # Choices, texts, yes or no: one of these values, or another known value. Of several choices: any of them, all of them, none of them.
    ANY_OF = "any_of"
    ALL_OF = "all_of"
    NONE_OF = "none_of"
    CONTAINS = "contains"
    KNOWN = "known"
    NOT_KNOWN = "not_known"


class Kind(Enum):
    """What conditions make of an attribute's type."""

    FIGURE = "figure"
    DAY = "day"
    CHOICE = "choice"
    SEVERAL = "several"  # a tuple of choices
    YES_NO = "yes_no"
    TEXT = "text"
    OTHER = "other"  # a type this module does not know: known or not, and no more


_ORDERED = (Test.AT_LEAST, Test.MORE_THAN, Test.LESS_THAN, Test.AT_MOST, Test.BETWEEN, Test.THROUGH, Test.EQUALS)
_KNOWLEDGE = (Test.KNOWN, Test.NOT_KNOWN)

# In the order a menu offers them.
_TESTS: dict[Kind, tuple[Test, ...]] = {
    Kind.FIGURE: (*_ORDERED, *_KNOWLEDGE),
    Kind.DAY: (*_ORDERED, Test.LAST_MONTHS, Test.NEXT_DAYS, *_KNOWLEDGE),
    Kind.CHOICE: (Test.ANY_OF, Test.NONE_OF, *_KNOWLEDGE),
    Kind.SEVERAL: (Test.ANY_OF, Test.ALL_OF, Test.NONE_OF, *_KNOWLEDGE),
    Kind.YES_NO: (Test.ANY_OF, Test.NONE_OF, *_KNOWLEDGE),
    Kind.TEXT: (Test.CONTAINS, Test.ANY_OF, Test.NONE_OF, *_KNOWLEDGE),
    Kind.OTHER: _KNOWLEDGE,
}


@dataclass(frozen=True)
class Condition:
    """One test of one attribute. `values` are what the test needs: Decimals for figures, dates for days, whole numbers for months and
    days counted, stored values for choices, booleans for yes or no, texts."""

    attribute: str
    test: Test
    values: tuple[ConditionValue, ...] = ()


@dataclass(frozen=True)
class Group:
    """Conditions and groups, all, any or at least `least` of which must be met. `least` is 0 but for AT_LEAST."""

    match: Match
    least: int = 0
    items: tuple["Condition | Group", ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ends:
    """A range of figures or days; an end that is None is open."""

    lower: End | None = None
    lower_included: bool = True
    upper: End | None = None
    upper_included: bool = True


def kind_of(attribute: Attribute) -> Kind:
    if attribute.is_numeric:
        return Kind.FIGURE
    match attribute.type:
        case Type.DATE:
            return Kind.DAY
        case Type.CHOICE:
            return Kind.CHOICE
        case Type.YES_NO:
            return Kind.YES_NO
        case Type.TEXT:
            return Kind.TEXT
    return Kind.SEVERAL if attribute.choices else Kind.OTHER


def tests_of(attribute: Attribute) -> tuple[Test, ...]:
    """The tests that suit an attribute, in the order a menu offers them."""
    return _TESTS[kind_of(attribute)]


def is_whole(attribute: Attribute) -> bool:
    """Whether its figures are whole numbers."""
    return attribute.type in {Type.COUNT, Type.OUT_OF_TEN} or attribute.unit is Unit.YEARS


def conditions_in(group: Group, at: str = "") -> Iterator[tuple[str, Condition]]:
    """(place, condition), in reading order; a place is the positions on the way to it: "0", "2-1"."""
    for position, item in enumerate(group.items):
        if isinstance(item, Condition):
            yield f"{at}{position}", item
        else:
            yield from conditions_in(item, f"{at}{position}-")


def attributes_in(group: Group) -> list[str]:
    """The keys of the attributes it asks about, each once, in reading order."""
    return list(dict.fromkeys(condition.attribute for _at, condition in conditions_in(group)))


def ends_of(condition: Condition, *, on: date) -> Ends:
    """The range that a test of figures or days allows; `on` is the day the question is asked."""
    first, last = cast(tuple[End, End], (condition.values[0], condition.values[-1]))
    match condition.test:
        case Test.LAST_MONTHS:
            return Ends(lower=months_before(on, cast(int, first)), lower_included=False, upper=on)
        case Test.NEXT_DAYS:
            return Ends(lower=on, upper=on + timedelta(days=cast(int, first)))
        case Test.AT_LEAST:
            return Ends(lower=first)
        case Test.MORE_THAN:
            return Ends(lower=first, lower_included=False)
        case Test.LESS_THAN:
            return Ends(upper=first, upper_included=False)
        case Test.AT_MOST:
            return Ends(upper=first)
    # From one end to the other, or exactly: then both are the same.
    return Ends(lower=first, upper=last, upper_included=condition.test is not Test.BETWEEN)


def months_before(day: date, months: int) -> date:
    """The same day some months earlier, or the last day of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(last, day.day))
        except ValueError:
            continue
    raise ValueError(day)
