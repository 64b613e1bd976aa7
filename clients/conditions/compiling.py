"""Conditions as one boolean expression over Client. `matching.py` says the same in plain Python.

Every test is a comparison that is NULL, never true, of a value that is not known, and nothing negates a group: so NULL counts as false
wherever the expression stands, in a WHERE, in a WHEN, in the sum that counts a group's met items.

Text is compared in its plain form, by `=` and `position`, not by LIKE. Under the wall neither could use an index (`LIKE` is not leakproof);
both read the firm's rows once.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BooleanField,
    Case,
    DateField,
    DecimalField,
    Expression,
    F,
    Field,
    Func,
    IntegerField,
    JSONField,
    Lookup,
    Q,
    TextField,
    Value,
    When,
)
from django.db.models.functions import NullIf, StrIndex
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, In, IsNull, LessThan, LessThanOrEqual
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler

from clients.attributes import Attribute, Catalogue
from clients.conditions.matching import needed
from clients.conditions.rules import Condition, Group, Kind, Match, Test, ends_of, kind_of
from clients.models import Client, Plain


def expression(group: Group, *, catalogue: Catalogue, on: date) -> Q:
    """True for the clients that meet the conditions; `on` is the day the question is asked.

    For `.filter()` and `When()` over Client; to annotate, `Case(When(expression(…), then=True), default=False)`.
    Raises UnknownAttribute when the catalogue lacks an attribute.
    """
    return _group(group, catalogue, on, {})


def condition_sql(group: Group, *, catalogue: Catalogue, on: date, columns: Mapping[str, str]) -> tuple[str, list[Any]]:
    """The same as SQL, with parameters, over rows that have the value of each attribute in a column: `columns` names it by attribute."""
    met = Case(When(_group(group, catalogue, on, columns), then=Value(True)), default=Value(False), output_field=BooleanField())
    query = Query(Client)
    sql, parameters = query.get_compiler(connection=connection).compile(met.resolve_expression(query))
    return sql, list(parameters)


class _Column(Expression):
    """A column by its name, of no table in particular."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self._name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        return connection.ops.quote_name(self._name), ()


_FIELDS: dict[Kind, type[Field[Any, Any]]] = {Kind.FIGURE: DecimalField, Kind.DAY: DateField, Kind.YES_NO: BooleanField}


def _value(attribute: Attribute, on: date, columns: Mapping[str, str]) -> Expression:
    if (name := columns.get(attribute.key)) is None:
        return attribute.expression(on=on)
    return _Column(name, _FIELDS.get(kind_of(attribute), TextField)())


def _group(group: Group, catalogue: Catalogue, on: date, columns: Mapping[str, str]) -> Q:
    items = [_group(item, catalogue, on, columns) if isinstance(item, Group) else _condition(item, catalogue, on, columns) for item in group.items]
    if group.match is not Match.AT_LEAST:
        return Q(*items, _connector=Q.AND if group.match is Match.ALL else Q.OR)
    met = [Case(When(item, then=Value(1)), default=Value(0), output_field=IntegerField()) for item in items]
    return Q(GreaterThanOrEqual(reduce(add, met), Value(needed(group))))


def _condition(condition: Condition, catalogue: Catalogue, on: date, columns: Mapping[str, str]) -> Q:
    attribute = catalogue[condition.attribute]
    kind = kind_of(attribute)
    value = _value(attribute, on, columns)
    if kind is Kind.SEVERAL:
        # An array or a list in JSON, whichever the attribute is read from; an empty one is not known.
        listed = Func(value, function="to_jsonb", output_field=JSONField())
        value = NullIf(NullIf(listed, _json("[]")), _json("null"))
    if condition.test in {Test.KNOWN, Test.NOT_KNOWN}:
        return Q(IsNull(value, condition.test is Test.NOT_KNOWN))
    match kind:
        case Kind.FIGURE | Kind.DAY:
            return _within(value, condition, on)
        case Kind.SEVERAL:
            return _has(value, condition)
        case Kind.TEXT:
            # The database keeps the plain form of names: a tenth of the time.
            return _reads(F("sort_name") if attribute.key == "name" and not columns else Plain(value), condition)
    output = BooleanField() if kind is Kind.YES_NO else TextField()
    return _one_of(value, [Value(chosen, output_field=output) for chosen in condition.values], condition)


def _within(value: Expression, condition: Condition, on: date) -> Q:
    ends = ends_of(condition, on=on)
    # Bound as what they are: a field's own lookups would round a figure to whole numbers first.
    lower, upper = (
        Value(end, output_field=DecimalField() if isinstance(end, Decimal) else DateField()) if end is not None else None
        for end in (ends.lower, ends.upper)
    )
    if lower is not None and lower.value == ends.upper:
        return Q(Exact(value, lower))
    within: list[Lookup[Any]] = []
    if lower is not None:
        within.append((GreaterThanOrEqual if ends.lower_included else GreaterThan)(value, lower))
    if upper is not None:
        within.append((LessThanOrEqual if ends.upper_included else LessThan)(value, upper))
    return Q(*within)


def _one_of(value: Expression | F, asked: list[Any], condition: Condition) -> Q:
    among = Q(In(value, asked))
    return ~among if condition.test is Test.NONE_OF else among


def _reads(text: Expression | F, condition: Condition) -> Q:
    asked = [Plain(Value(str(value))) for value in condition.values]
    if condition.test is Test.CONTAINS:
        return Q(GreaterThan(StrIndex(text, asked[0]), Value(0)))
    return _one_of(text, asked, condition)


def _has(listed: Expression, condition: Condition) -> Q:
    asked = Value([str(value) for value in condition.values], output_field=ArrayField(TextField()))
    function = "jsonb_exists_all" if condition.test is Test.ALL_OF else "jsonb_exists_any"
    has = Q(Func(listed, asked, function=function, output_field=BooleanField()))
    return ~has if condition.test is Test.NONE_OF else has


def _json(text: str) -> Func:
    return Func(Value(text), template="%(expressions)s::jsonb", output_field=JSONField())
