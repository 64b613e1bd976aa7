"""Whether one client meets conditions, in plain Python: what a person can read, and what explains a placement.

`compiling.py` says the same in SQL; a property test holds the two equal.
"""

import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, cast

from clients.attributes import Attribute, AttributeValue, Catalogue
from clients.conditions.rules import Condition, Group, Kind, Match, Test, ends_of, kind_of

# Letters without a decomposition, as PostgreSQL's unaccent writes them.
_LETTERS = str.maketrans(
    {"ø": "o", "œ": "oe", "æ": "ae", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t", "ĸ": "q",
     "ʼ": "'", "©": "(c)", "®": "(r)"}
)  # fmt: skip


def plain(text: str) -> str:
    """Without accents, case or punctuation, as the database's `clients_plain`: the same for the letters of western languages."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).lower().translate(_LETTERS))
    letters = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return " ".join("".join(mark if mark.isalnum() else " " for mark in letters).split())


def matches(group: Group, values: Mapping[str, AttributeValue], *, catalogue: Catalogue, on: date) -> bool:
    """Whether a client meets them; `values` by attribute key, None where not known; `on` is the day the question is asked.

    Raises UnknownAttribute when the catalogue lacks an attribute.
    """
    met = sum(
        matches(item, values, catalogue=catalogue, on=on)
        if isinstance(item, Group)
        else holds(item, values.get(item.attribute), attribute=catalogue[item.attribute], on=on)
        for item in group.items
    )
    return met >= needed(group)


def needed(group: Group) -> int:
    """How many of its items must be met."""
    return {Match.ALL: len(group.items), Match.ANY: 1, Match.AT_LEAST: group.least}[group.match]


def holds(condition: Condition, value: AttributeValue, *, attribute: Attribute, on: date) -> bool:
    """Whether a value meets one condition."""
    if value is None or value in ("", ()):
        return condition.test is Test.NOT_KNOWN
    if condition.test in {Test.KNOWN, Test.NOT_KNOWN}:
        return condition.test is Test.KNOWN
    match kind_of(attribute):
        case Kind.FIGURE | Kind.DAY:
            return _is_within(condition, value, on)
        case Kind.SEVERAL:
            return _has(condition, set(cast(tuple[str, ...], value)))
        case Kind.TEXT:
            return _reads(condition, plain(str(value)))
    return (value in condition.values) is (condition.test is Test.ANY_OF)


def _is_within(condition: Condition, value: Any, on: date) -> bool:
    figure: Any = value if isinstance(value, date) else Decimal(value)
    ends = ends_of(condition, on=on)
    lower: Any = ends.lower
    upper: Any = ends.upper
    above = lower is None or figure > lower or (ends.lower_included and figure == lower)
    below = upper is None or figure < upper or (ends.upper_included and figure == upper)
    return above and below


def _has(condition: Condition, held: set[str]) -> bool:
    asked = {str(value) for value in condition.values}
    match condition.test:
        case Test.ALL_OF:
            return asked <= held
        case Test.ANY_OF:
            return bool(asked & held)
    return not asked & held


def _reads(condition: Condition, text: str) -> bool:
    asked = [plain(str(value)) for value in condition.values]
    if condition.test is Test.CONTAINS:
        return asked[0] in text
    return (text in asked) is (condition.test is Test.ANY_OF)
