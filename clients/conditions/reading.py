"""Conditions from JSON and back. What is wrong is said in the reader's language, each fault at its place.

A place is the positions on the way to an item, then its field: "0-values" is what the first condition compares with, "2-1-attribute" what
the second condition of the third item asks about, "2-least" the number of the third item, a group; "items" and "match" are the outer group's.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from clients.attributes import Attribute, Catalogue
from clients.conditions.matching import plain
from clients.conditions.rules import (
    DEEPEST,
    MOST_CONDITIONS,
    Condition,
    ConditionValue,
    Group,
    Kind,
    Match,
    Test,
    is_whole,
    kind_of,
    tests_of,
)

_GREATEST = Decimal(10) ** 15
_DECIMALS = 4
_LONGEST_TEXT = 200
_MOST_VALUES = 100
_MOST_MONTHS = 1200
_MOST_DAYS = 3660
_YEARS = range(1800, 2200)
_TWO_VALUES = {Test.BETWEEN, Test.THROUGH}
_NO_VALUE = {Test.KNOWN, Test.NOT_KNOWN}
_LISTS = {Test.ANY_OF, Test.ALL_OF, Test.NONE_OF}


class ConditionsRefused(ValueError):
    """Conditions that cannot be kept: `problems` are (place, message)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__(problems)
        self.problems = problems


class _Unread(ValueError):
    """A value that cannot be read, and what to say of it."""


class _Misplaced(ValueError):
    """An item that cannot be read: at which of its fields, and what to say of it."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(at, message)
        self.problem = (at, message)


def parse(data: Any, *, catalogue: Catalogue) -> Group:
    """Read a group; raises ConditionsRefused with every fault found."""
    reader = _Reader(catalogue)
    try:
        group = reader.group(data, "", 1)
    except _Misplaced as fault:
        raise ConditionsRefused([fault.problem]) from None
    if reader.problems:
        raise ConditionsRefused(reader.problems)
    return group


def choices_named(written: Any, key: str) -> set[str]:
    """The values that conditions, as JSON that may no longer be readable, compare an attribute with."""
    if not isinstance(written, dict):
        return set()
    if "items" in written:
        return {value for item in written["items"] for value in choices_named(item, key)}
    return {value for value in written.get("values", ()) if isinstance(value, str)} if written.get("attribute") == key else set()


def as_json(group: Group) -> dict[str, Any]:
    """What `parse` reads: figures are texts, so none loses a digit."""
    written: dict[str, Any] = {"match": group.match.value}
    if group.match is Match.AT_LEAST:
        written["least"] = group.least
    written["items"] = [as_json(item) if isinstance(item, Group) else _condition_as_json(item) for item in group.items]
    return written


def _condition_as_json(condition: Condition) -> dict[str, Any]:
    return {"attribute": condition.attribute, "test": condition.test.value, "values": [_value_as_json(value) for value in condition.values]}


def _value_as_json(value: ConditionValue) -> str | int | bool:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


class _Reader:
    """Reads on after a fault, so that all are told at once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.problems: list[tuple[str, str]] = []
        self.conditions = 0

    def group(self, data: Any, at: str, depth: int) -> Group:
        if not isinstance(data, dict) or not isinstance(data.get("items"), list):
            raise _Misplaced(f"{at}items", _("This is no group of conditions."))
        if depth > DEEPEST:
            raise _Misplaced(f"{at}items", _("Groups can be nested %(number)s deep, not more.") % {"number": DEEPEST})
        try:
            match = Match(data.get("match"))
        except ValueError:
            raise _Misplaced(f"{at}match", _("Say how many of the conditions must be met.")) from None
        if not data["items"]:
            raise _Misplaced(f"{at}items", _("Add at least one condition."))
        items = [item for position, raw in enumerate(data["items"]) if (item := self.item(raw, f"{at}{position}-", depth))]
        return Group(match, self.least(data, at) if match is Match.AT_LEAST else 0, tuple(items))

    def item(self, data: Any, at: str, depth: int) -> Condition | Group | None:
        """None when it has a fault, or when more conditions than are read came before it."""
        if self.conditions > MOST_CONDITIONS:
            return None
        try:
            return self.group(data, at, depth + 1) if isinstance(data, dict) and "items" in data else self.condition(data, at)
        except _Misplaced as fault:
            self.problems.append(fault.problem)
        return None

    def least(self, data: dict[str, Any], at: str) -> int:
        try:
            return _count(data.get("least"), 1, len(data["items"]))
        except _Unread as fault:
            self.problems.append((f"{at}least", str(fault)))
        return 0

    def condition(self, data: Any, at: str) -> Condition:
        self.conditions += 1
        if self.conditions > MOST_CONDITIONS:
            raise _Misplaced("items", _("At most %(number)s conditions are read together.") % {"number": MOST_CONDITIONS})
        data = data if isinstance(data, dict) else {}
        key = data.get("attribute")
        if not key or not isinstance(key, str):
            raise _Misplaced(f"{at}attribute", _("Choose what this condition asks about."))
        attribute = self.catalogue.get(key)
        if attribute is None:
            raise _Misplaced(f"{at}attribute", _("The firm no longer has this attribute."))
        test = _read_test(data.get("test"), attribute)
        if test is None:
            raise _Misplaced(f"{at}test", _("Choose how to compare."))
        try:
            values = _read_values(data.get("values") or [], attribute, test)
        except _Unread as fault:
            raise _Misplaced(f"{at}values", str(fault)) from None
        return Condition(attribute.key, test, values)


def _read_test(raw: Any, attribute: Attribute) -> Test | None:
    return next((test for test in tests_of(attribute) if test.value == raw), None)


def _read_values(raw: Any, attribute: Attribute, test: Test) -> tuple[ConditionValue, ...]:
    if not isinstance(raw, list) or len(raw) > _MOST_VALUES:
        raise _Unread(_("Give at most %(number)s values.") % {"number": _MOST_VALUES})
    if test in _NO_VALUE:
        return ()
    if test is Test.LAST_MONTHS or test is Test.NEXT_DAYS:
        least, most = (1, _MOST_MONTHS) if test is Test.LAST_MONTHS else (0, _MOST_DAYS)
        return (_count(_only(raw), least, most),)
    read = _VALUE_READERS[kind_of(attribute)]
    if test in _LISTS:
        values = tuple(dict.fromkeys(read(value, attribute) for value in raw))
        if not values:
            raise _Unread(_("Choose at least one value."))
        return values
    if test in _TWO_VALUES:
        if len(raw) != 2:
            raise _Unread(_("Give both ends."))
        lower, upper = (read(value, attribute) for value in raw)
        if lower > upper or (lower == upper and test is Test.BETWEEN):  # type: ignore[operator]
            raise _Unread(_("The end must be greater than the start."))
        return (lower, upper)
    return (read(_only(raw), attribute),)


def _only(raw: list[Any]) -> Any:
    if len(raw) != 1:
        raise _Unread(_("Give one value."))
    return raw[0]


def _count(raw: Any, least: int, most: int) -> int:
    """A whole number of items, months or days."""
    fault = _Unread(_("Give a whole number from %(least)s to %(most)s.") % {"least": least, "most": most})
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise fault
    if isinstance(raw, str) and not (raw.isascii() and raw.isdigit() and len(raw) < 6):
        raise fault
    if not least <= int(raw) <= most:
        raise fault
    return int(raw)


def _read_figure(raw: Any, attribute: Attribute) -> Decimal:
    fault = _Unread(_("Give a number."))
    if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal) or (isinstance(raw, str) and len(raw) > 40):
        raise fault
    try:
        figure = Decimal(str(raw)) if not isinstance(raw, int) else Decimal(raw)
    except InvalidOperation:
        raise fault from None
    if not figure.is_finite():
        raise fault
    if abs(figure) >= _GREATEST:
        raise _Unread(_("This number is too large."))
    if is_whole(attribute) and figure != int(figure):
        raise _Unread(_("Give a whole number."))
    if figure != round(figure, _DECIMALS):
        raise _Unread(_("Give at most %(number)s decimals.") % {"number": _DECIMALS})
    return Decimal(format(figure, "f")) if figure else Decimal(0)


def _read_day(raw: Any, _attribute: Attribute) -> date:
    try:
        day = date.fromisoformat(raw)
    except (TypeError, ValueError):
        raise _Unread(_("Give a date.")) from None
    if day.year not in _YEARS:
        raise _Unread(_("Give a date."))
    return day


def _read_choice(raw: Any, attribute: Attribute) -> str:
    if not isinstance(raw, str) or raw not in dict(attribute.every_choice):
        raise _Unread(_("Choose among the values of this attribute."))
    return raw


def _read_yes_no(raw: Any, _attribute: Attribute) -> bool:
    if isinstance(raw, bool):
        return raw
    if raw not in ("true", "false"):
        raise _Unread(_("Choose yes or no."))
    return bool(raw == "true")


def _read_text(raw: Any, _attribute: Attribute) -> str:
    if not isinstance(raw, str) or not plain(raw):
        raise _Unread(_("Give a text with at least one letter or digit."))
    if len(raw) > _LONGEST_TEXT:
        raise _Unread(_("Give at most %(number)s characters.") % {"number": _LONGEST_TEXT})
    # What no stored text holds, the database refuses to compare with.
    if "\0" in raw or not raw.isprintable():
        raise _Unread(_("This text has characters that cannot be searched for."))
    return raw.strip()


_VALUE_READERS: dict[Kind, Callable[[Any, Attribute], ConditionValue]] = {
    Kind.FIGURE: _read_figure,
    Kind.DAY: _read_day,
    Kind.CHOICE: _read_choice,
    Kind.SEVERAL: _read_choice,
    Kind.YES_NO: _read_yes_no,
    Kind.TEXT: _read_text,
}
