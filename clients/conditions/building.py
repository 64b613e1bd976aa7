"""The builder of conditions, as a form edits them: `templates/cotton/condition_builder.html` shows it and says how to embed it.

What is typed comes back as it was typed, whatever it is, until `group` is asked for. Fields are named by places (see reading.py): with the
prefix "rule", "rule-match" is the outer group's, "rule-0-attribute" the first condition's, "rule-1-0-values" that of a condition in a group.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import format_decimal
from django.http import QueryDict
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _
from django_stubs_ext import StrPromise

from clients.attributes import Attribute, Catalogue, Type, Unit, by_group
from clients.conditions.reading import ConditionsRefused, as_json, parse
from clients.conditions.rules import DEEPEST, MOST_CONDITIONS, Group, Kind, Match, Test, kind_of, tests_of
from firms import formats
from firms.models import Firm

# One item of what is edited: a group has "match", "least" and "items", a condition "attribute", "test" and "values", all texts.
_Node = dict[str, Any]

_ONE = {Test.LAST_MONTHS, Test.NEXT_DAYS}
_TWO = {Test.BETWEEN, Test.THROUGH}
_NONE = {Test.KNOWN, Test.NOT_KNOWN}

_FIGURES: dict[Test, StrPromise] = {
    Test.AT_LEAST: pgettext_lazy("figure", "is at least (≥)"),
    Test.MORE_THAN: pgettext_lazy("figure", "is more than (>)"),
    Test.LESS_THAN: pgettext_lazy("figure", "is less than (<)"),
    Test.AT_MOST: pgettext_lazy("figure", "is at most (≤)"),
    Test.BETWEEN: pgettext_lazy("figure", "goes from (≥) to less than (<)"),
    Test.THROUGH: pgettext_lazy("figure", "goes from (≥) to (≤)"),
    Test.EQUALS: pgettext_lazy("figure", "is exactly (=)"),
}
_DAYS: dict[Test, StrPromise] = {
    Test.AT_LEAST: pgettext_lazy("day", "is on or after"),
    Test.MORE_THAN: pgettext_lazy("day", "is after"),
    Test.LESS_THAN: pgettext_lazy("day", "is before"),
    Test.AT_MOST: pgettext_lazy("day", "is on or before"),
    Test.BETWEEN: pgettext_lazy("day", "is from, and before"),
    Test.THROUGH: pgettext_lazy("day", "is from, through"),
    Test.EQUALS: pgettext_lazy("day", "is on"),
}
_SEVERAL: dict[Test, StrPromise] = {
    Test.ANY_OF: pgettext_lazy("several choices", "has any of"),
    Test.ALL_OF: pgettext_lazy("several choices", "has all of"),
    Test.NONE_OF: pgettext_lazy("several choices", "has none of"),
}
_OTHERS: dict[Test, StrPromise] = {
    Test.LAST_MONTHS: pgettext_lazy("day", "is within the last months"),
    Test.NEXT_DAYS: pgettext_lazy("day", "is in the next days"),
    Test.ANY_OF: pgettext_lazy("condition", "is one of"),
    Test.NONE_OF: pgettext_lazy("condition", "is none of"),
    Test.CONTAINS: pgettext_lazy("condition", "contains"),
    Test.KNOWN: pgettext_lazy("condition", "is known"),
    Test.NOT_KNOWN: pgettext_lazy("condition", "is not known"),
}
_BY_KIND = {Kind.FIGURE: _FIGURES, Kind.DAY: _DAYS, Kind.SEVERAL: _SEVERAL}


@dataclass
class ConditionEditor:
    """One condition being edited."""

    name: str  # what its fields' names begin with
    place: str  # which item the buttons act on
    number: str  # what people call it: "2", "2.1"
    url: str
    groups: list[tuple[str, list[tuple[str, str]]]]
    attribute: str
    # Asked about, and no longer in the catalogue.
    is_gone: bool = False
    kind: str = ""
    tests: list[tuple[str, str]] = field(default_factory=list)
    test: str = ""
    # "figure", "day", "count", "text", "texts", "choices", or nothing to fill in.
    control: str = ""
    values: list[str] = field(default_factory=list)
    choices: list[tuple[str, str, bool]] = field(default_factory=list)
    unit: str = ""
    problems: list[str] = field(default_factory=list)
    # Said, and no fault.
    warnings: list[str] = field(default_factory=list)
    # Which of its fields the problems are about.
    at_fault: str = ""
    is_new: bool = False

    @property
    def is_group(self) -> bool:
        return False


@dataclass
class GroupEditor:
    """One group being edited."""

    name: str
    place: str
    number: str
    url: str
    act: str  # the name of the buttons
    match: str
    least: str
    items: "list[ConditionEditor | GroupEditor]"
    may_nest: bool
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_new: bool = False

    @property
    def is_group(self) -> bool:
        return True

    @property
    def is_outer(self) -> bool:
        return not self.place


@dataclass
class Builder:
    """Conditions being edited in a form, in fields that begin with `prefix`."""

    prefix: str
    catalogue: Catalogue
    firm: Firm
    root: _Node
    # Whether one of the builder's own buttons was pressed: then there is nothing to save yet.
    acted: bool = False
    # By place and field, as `parse` names them.
    problems: dict[str, list[str]] = field(default_factory=dict)
    # By place.
    warnings: dict[str, list[str]] = field(default_factory=dict)
    # The item just added: it takes the focus.
    added: str = ""

    @classmethod
    def of(cls, conditions: Group | dict[str, Any] | None, *, prefix: str, catalogue: Catalogue, firm: Firm) -> "Builder":
        """To edit a group, or the JSON of one that may no longer be readable; None begins with one empty condition."""
        written = as_json(conditions) if isinstance(conditions, Group) else conditions
        builder = cls(prefix, catalogue, firm, {})
        builder.root = builder._typed(written) if written else {"match": Match.ALL.value, "least": "", "items": [_empty()]}
        return builder

    @classmethod
    def read(cls, data: QueryDict, *, prefix: str, catalogue: Catalogue, firm: Firm) -> "Builder":
        """What a form sent, once the button that was pressed has had its effect."""
        builder = cls(prefix, catalogue, firm, _read_group(data, f"{prefix}-", 1), acted=f"{prefix}-act" in data)
        builder._act(data.get(f"{prefix}-act", ""))
        builder._tidy(builder.root)
        return builder

    def group(self) -> Group:
        """What the form says. Raises ConditionsRefused, with every problem kept to stand beside its field."""
        try:
            return parse(self.json(), catalogue=self.catalogue)
        except ConditionsRefused as refusal:
            self.problems = {}
            for at, message in refusal.problems:
                self.problems.setdefault(at, []).append(message)
            raise

    def note(self, place: str, message: str, *, warning: bool = False) -> None:
        """A fault, or a warning, that another reader found in an item: it stands beside it. The empty place is the whole."""
        if warning:
            self.warnings.setdefault(place, []).append(message)
        else:
            self.problems.setdefault(f"{place}-values" if place and self._is_condition(place) else f"{place}-items".strip("-"), []).append(message)

    def anchor(self, at: str) -> str:
        """The id of the first field of an item, by its place, or by its place and field as `parse` names faults."""
        place = "-".join(_steps(at))
        return f"{self.prefix}-{place}-attribute" if place and self._is_condition(place) else f"{self.prefix}-{place}-match".replace("--", "-")

    def json(self) -> dict[str, Any]:
        """The same as JSON; what cannot be read is kept as it was typed."""
        return self._written(self.root)

    def editor(self, *, url: str) -> GroupEditor:
        """What the templates show; `url` is where a change of shape is posted."""
        menu = [(str(group.label), [(found.key, found.label) for found in members]) for group, members in by_group(tuple(self.catalogue.values()))]
        editor = self._group_editor(self.root, (), url, menu)
        editor.problems = [*editor.problems, *self.problems.get("items", [])]
        return editor

    # What is typed, and what it says.

    def _typed(self, written: _Node) -> _Node:
        if "items" in written:
            items = [self._typed(item) for item in written["items"]]
            return {"match": written.get("match", Match.ALL.value), "least": str(written.get("least") or ""), "items": items}
        attribute = self.catalogue.get(written.get("attribute") or "")
        values = [str(value).lower() if isinstance(value, bool) else str(value) for value in written.get("values", [])]
        if attribute is not None and kind_of(attribute) is Kind.FIGURE:
            values = [_figure_as_typed(value, self.firm) for value in values]
        return {"attribute": written.get("attribute") or "", "test": written.get("test", ""), "values": values}

    def _written(self, node: _Node) -> _Node:
        if "items" in node:
            written = {"match": node["match"], "items": [self._written(item) for item in node["items"]]}
            return written | ({"least": node["least"]} if node["match"] == Match.AT_LEAST.value else {})
        attribute = self.catalogue.get(node["attribute"])
        values = node["values"]
        if attribute is not None and kind_of(attribute) is Kind.FIGURE:
            values = [_figure_as_written(value) for value in values]
        return {"attribute": node["attribute"], "test": node["test"], "values": values}

    def _tidy(self, node: _Node) -> None:
        """After a change of attribute or test: what no longer suits is replaced or dropped."""
        for item in node.get("items", []):
            self._tidy(item)
        attribute = self.catalogue.get(node.get("attribute", ""))
        if attribute is None:
            return
        kind, tests = kind_of(attribute), tests_of(attribute)
        if node.pop("kind", kind.value) != kind.value:
            node["values"] = []
        test = next((test for test in tests if test.value == node["test"]), tests[0])
        node["test"] = test.value
        if attribute.choices:
            node["values"] = [value for value in node["values"] if value in dict(attribute.every_choice)]
        elif kind in {Kind.FIGURE, Kind.DAY}:
            size = 2 if test in _TWO else 0 if test in _NONE else 1
            node["values"] = [*node["values"], "", ""][:size]

    # The buttons.

    def _act(self, act: str) -> None:
        """ "add:1-" a condition to the second item, a group; "group:" to the outer group; "remove:1-0" an item."""
        what, _colon, text = act.partition(":")
        way = [int(step) for step in _steps(text)]
        if what in {"add", "group"}:
            group = self._at(way)
            if group is not None and "items" in group:
                group["items"].append(_empty() if what == "add" else {"match": Match.ANY.value, "least": "", "items": [_empty()]})
                # Of a group, its first condition.
                self.added = "-".join(map(str, [*way, len(group["items"]) - 1, *([0] if what == "group" else [])]))
        elif what == "remove" and way:
            group = self._at(way[:-1])
            if group is not None and way[-1] < len(group.get("items", [])):
                del group["items"][way[-1]]

    def _is_condition(self, place: str) -> bool:
        node = self._at([int(step) for step in _steps(place)])
        return node is not None and "items" not in node

    def _at(self, way: list[int]) -> _Node | None:
        node: _Node | None = self.root
        for step in way:
            items = node.get("items", []) if node else []
            node = items[step] if step < len(items) else None
        return node

    # What the templates show.

    def _group_editor(self, node: _Node, way: tuple[int, ...], url: str, menu: list[Any]) -> GroupEditor:
        place = "-".join(map(str, way))
        at = f"{place}-" if place else ""
        items = [
            self._group_editor(item, (*way, position), url, menu) if "items" in item else self._condition_editor(item, (*way, position), url, menu)
            for position, item in enumerate(node["items"])
        ]
        return GroupEditor(
            name=f"{self.prefix}-{at}",
            place=place,
            number=_number(way),
            url=url,
            act=f"{self.prefix}-act",
            match=node["match"],
            least=node["least"],
            items=items,
            may_nest=len(way) + 1 < DEEPEST,
            problems=[problem for name in ("match", "least", "items") if at or name != "items" for problem in self.problems.get(f"{at}{name}", [])],
            warnings=self.warnings.get(place, []),
            is_new=place == self.added and bool(place),
        )

    def _condition_editor(self, node: _Node, way: tuple[int, ...], url: str, menu: list[Any]) -> ConditionEditor:
        place = "-".join(map(str, way))
        attribute = self.catalogue.get(node["attribute"])
        at_fault = next((name for name in ("attribute", "test", "values") if f"{place}-{name}" in self.problems), "")
        editor = ConditionEditor(
            name=f"{self.prefix}-{place}-",
            place=place,
            number=_number(way),
            url=url,
            groups=menu,
            attribute=node["attribute"],
            is_gone=bool(node["attribute"]) and attribute is None,
            problems=self.problems.get(f"{place}-{at_fault}", []),
            warnings=self.warnings.get(place, []),
            at_fault=at_fault,
            is_new=place == self.added,
        )
        if attribute is not None:
            _fill_in(editor, node, attribute, self.firm)
        return editor


def label_of(test: Test, kind: Kind) -> str:
    """A test as a menu names it."""
    return str(_BY_KIND.get(kind, _OTHERS).get(test) or _OTHERS[test])


def _fill_in(editor: ConditionEditor, node: _Node, attribute: Attribute, firm: Firm) -> None:
    kind = kind_of(attribute)
    editor.kind = kind.value
    editor.tests = [(test.value, label_of(test, kind)) for test in tests_of(attribute)]
    editor.test = node["test"] or editor.tests[0][0]
    editor.values = node["values"]
    test = next((test for test in Test if test.value == editor.test), Test.KNOWN)
    if test in _NONE:
        return
    if test in _ONE:
        editor.control = "count"
        editor.unit = _("months") if test is Test.LAST_MONTHS else _("days")
    elif kind is Kind.FIGURE:
        editor.control, editor.unit = "figure", _unit(attribute, firm)
    elif kind is Kind.DAY:
        editor.control = "day"
    elif kind is Kind.TEXT:
        editor.control = "text" if test is Test.CONTAINS else "texts"
    else:
        editor.control = "choices"
        # What is no longer offered is shown where it is asked for, and nowhere else.
        archived = [value for value, _label in attribute.every_choice if value in node["values"] and value not in dict(attribute.choices)]
        choices = [*attribute.choices, *((value, attribute.marked_label_of(value)) for value in archived)]
        if kind is Kind.YES_NO:
            choices = [("true", _("Yes")), ("false", _("No"))]
        editor.choices = [(value, label, value in node["values"]) for value, label in choices]
    if editor.control not in {"choices", "texts"}:
        editor.values = [*node["values"], "", ""][: 2 if test in _TWO else 1]


def _unit(attribute: Attribute, firm: Firm) -> str:
    if attribute.unit is Unit.CURRENCY or attribute.type is Type.MONEY:
        return {"CAD": "$", "EUR": "€"}.get(firm.currency, firm.currency)
    if attribute.type is Type.OUT_OF_TEN:
        return _("out of 10")
    return {Unit.YEARS: _("years"), Unit.PERCENT: "%"}.get(attribute.unit, "")


def _empty() -> _Node:
    return {"attribute": "", "test": "", "values": []}


def _steps(text: str) -> list[str]:
    return [step for step in text.split("-") if step.isdigit() and len(step) < 4]


def _number(way: tuple[int, ...]) -> str:
    return ".".join(str(step + 1) for step in way)


def _read_group(data: QueryDict, name: str, depth: int) -> _Node:
    items: list[_Node] = []
    # Deeper or longer than this no form of ours sends; one beyond what is read, so that it is refused in words.
    while depth <= DEEPEST and len(items) <= MOST_CONDITIONS:
        inner = f"{name}{len(items)}-"
        if f"{inner}match" in data:
            items.append(_read_group(data, inner, depth + 1))
        elif f"{inner}attribute" in data:
            items.append(_read_condition(data, inner))
        else:
            break
    return {"match": data.get(f"{name}match", Match.ALL.value), "least": data.get(f"{name}least", ""), "items": items}


def _read_condition(data: QueryDict, name: str) -> _Node:
    values = data.getlist(f"{name}values")
    # One text a line.
    if lines := data.get(f"{name}lines"):
        values = [line.strip() for line in lines.splitlines() if line.strip()]
    node: _Node = {"attribute": data.get(f"{name}attribute", ""), "test": data.get(f"{name}test", ""), "values": values}
    if kind := data.get(f"{name}kind"):
        node["kind"] = kind
    return node


def _figure_as_written(typed: str) -> str:
    """From how people write in the active language: spaces between thousands, decimal comma in French."""
    plain = re.sub(r"[\s$€%]", "", typed)
    return plain.replace(",", ".") if (get_language() or "en").startswith("fr") else plain.replace(",", "")


def _figure_as_typed(written: str, firm: Firm) -> str:
    try:
        return str(format_decimal(Decimal(written), locale=formats.babel_locale(firm.region), decimal_quantization=False))
    except InvalidOperation:
        return written
