"""One row to the values of a client and its primary person, or what is wrong with it."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import override

from clients.attributes import Attribute, Catalogue, FieldAttribute, Holder, OwnAttribute, Type, Unit
from clients.importing import values
from clients.importing.mapping import ADVISER, ATTRIBUTES, FULL_NAME, HOUSEHOLD, NAMES, NOTES, SPOUSE, Mapping, importable
from clients.importing.reading import Row
from clients.importing.recognising import Dialect
from clients.importing.values import Unreadable, normalise, tidy
from clients.models import Kind

# Amounts that are never below zero; a net worth may be, when debts exceed what is owned.
NEVER_TO_COME = frozenset({"birth_date", "client_since"})
NEVER_NEGATIVE = frozenset({"aum", "income", "annual_revenue", "annual_cost"})


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell; `problem` is a key of `report.PROBLEMS`."""

    problem: str
    column: str = ""
    value: str = ""

    def as_json(self) -> dict[str, str]:
        return {"column": self.column, "problem": self.problem, "value": self.value[:200]}


@dataclass
class Draft:
    """A row as read: field values of the client and of its primary person, empty cells left out."""

    row: Row
    client: dict[str, Any] = field(default_factory=dict)
    person: dict[str, Any] = field(default_factory=dict)
    # Attributes of the firm's own, by slug, as they are stored.
    own: dict[str, Any] = field(default_factory=dict)
    spouse: str = ""
    household: str = ""
    problems: list[Problem] = field(default_factory=list)

    @property
    def reference(self) -> str:
        return str(self.client.get("external_reference", ""))

    @property
    def email(self) -> str:
        return str(self.person.get("email", ""))

    @property
    def client_name(self) -> str:
        return str(self.client.get("name", ""))

    @property
    def names_person(self) -> bool:
        """False of a company, or an account without a contact."""
        return bool(self.person.get("last_name"))

    @property
    def last_name(self) -> str:
        """Of the person; where the row names none, the person bears the client's name."""
        return str(self.person.get("last_name") or self.client_name[:80])

    @property
    def name_key(self) -> str:
        return name_key(self.person.get("first_name", ""), self.last_name)

    @property
    def birth_date(self) -> date | None:
        return self.person.get("birth_date")


def name_key(first_name: str, last_name: str) -> str:
    return normalise(f"{first_name} {last_name}")


@dataclass(frozen=True)
class RowReader:
    """Reads the rows of one file under one mapping."""

    headings: list[str]
    mapping: Mapping
    dialect: Dialect
    today: date
    # What a new client speaks when no column says: the firm's language.
    language: str
    catalogue: Catalogue

    @cached_property
    def attributes(self) -> dict[str, Attribute]:
        return importable(self.catalogue)

    @property
    def date_order(self) -> str:
        return self.dialect.date_order or self.mapping.date_order

    def read(self, row: Row) -> Draft:
        draft = Draft(row)
        for heading, key, cell in zip(self.headings, self.mapping.columns, row.cells, strict=True):
            if not key or not cell:
                continue
            try:
                self._read_cell(draft, key, cell)
            except Unreadable as unreadable:
                draft.problems.append(Problem(unreadable.problem, heading, cell))
        if "name" not in draft.client:
            self._name_client(draft)
        return draft

    def _read_cell(self, draft: Draft, key: str, cell: str) -> None:
        if key == ADVISER:
            adviser_id = self.mapping.advisers.get(cell)
            if adviser_id is None:
                raise Unreadable("unknown_adviser")
            draft.client["adviser_id"] = adviser_id
        elif key == FULL_NAME:
            draft.person["first_name"], draft.person["last_name"] = split_name(cell)
            for name in ("first_name", "last_name"):
                _refuse_invalid(ATTRIBUTES[name].model_field, draft.person[name])
        elif key == SPOUSE:
            draft.spouse = tidy(cell)
        elif key == HOUSEHOLD:
            draft.household = tidy(cell)
        elif key == NOTES:
            draft.client["notes"] = cell
        else:
            match self.attributes.get(key):
                case OwnAttribute() as own:
                    draft.own[own.slug] = self._read_own(own, cell)
                case FieldAttribute() as attribute:
                    holder = draft.client if attribute.holder is Holder.CLIENT else draft.person
                    holder[attribute.field] = self.read_value(attribute, cell)
                    _refuse_invalid(attribute.model_field, holder[attribute.field])

    def _read_own(self, own: OwnAttribute, cell: str) -> Any:
        """What to store of an attribute of the firm's own."""
        try:
            return own.clean(self.read_value(own, cell))
        except ValidationError:
            raise Unreadable("invalid") from None

    def read_value(self, attribute: Attribute, cell: str) -> Any:
        """The value of one cell. Raises Unreadable."""
        mark = self.dialect.decimal_mark
        match attribute.type:
            case Type.MONEY:
                value: Any = values.read_money(cell, decimal_mark=mark)
                if value < 0 and attribute.key in NEVER_NEGATIVE:
                    raise Unreadable("negative_amount")
            case Type.NUMBER if attribute.unit is Unit.PERCENT:
                value = values.read_percent(cell, decimal_mark=mark)
            case Type.NUMBER:
                value = values.read_amount(cell, decimal_mark=mark)
            case Type.COUNT:
                value = values.read_count(cell, decimal_mark=mark)
            case Type.OUT_OF_TEN:
                value = values.read_count(cell, decimal_mark=mark, most=10, problem="not_out_of_ten")
            case Type.DATE:
                value = values.read_date(cell, order=self.date_order, today=self.today)
                if attribute.key in NEVER_TO_COME and value > self.today:
                    raise Unreadable("future_date")
            case Type.YES_NO:
                value = values.read_yes_no(cell)
            case Type.CHOICE:
                value = values.read_choice(cell, field=attribute.key, labels=_labels(attribute))
            case Type.CHOICES:
                value = values.read_choices(cell, field=attribute.key, labels=_labels(attribute))
            case Type.TEXT:
                value = values.read_email(cell) if attribute.key == "email" else tidy(cell)
        return value

    def _name_client(self, draft: Draft) -> None:
        """A client without a name of its own bears its person's, whose last name is then required."""
        person = draft.person
        heading = next((self.headings[place] for place, key in enumerate(self.mapping.columns) if key in NAMES), "")
        if person.get("last_name"):
            draft.client["name"] = name_of(person.get("first_name", ""), person["last_name"])
        elif not any(problem.column == heading for problem in draft.problems):
            draft.problems.append(Problem("no_name", heading))


def name_of(first_name: str, last_name: str) -> str:
    """What a client is called when only its person has a name."""
    return f"{first_name} {last_name}".strip()


def complete_new_client(draft: Draft, *, language: str) -> None:
    """What a client has that no column said, when it is created."""
    draft.client.setdefault("language", language)
    if "kind" not in draft.client:
        draft.client["kind"] = _likely_kind(draft)
    draft.person["last_name"] = draft.last_name


_HOUSEHOLD_WORDS = frozenset({"household", "family", "famille", "menage"})


def _likely_kind(draft: Draft) -> str:
    if _HOUSEHOLD_WORDS & set(normalise(draft.client["name"]).split()):
        return Kind.HOUSEHOLD
    return Kind.INDIVIDUAL if draft.person.get("last_name") else Kind.COMPANY


def split_name(text: str) -> tuple[str, str]:
    """First and last name from one cell: "Roy, Alice", "ROY Alice" or "Alice Roy"."""
    body = tidy(text)
    last, comma, first = body.partition(",")
    if comma:
        return first.strip(), last.strip()
    words = body.split()
    capitals = [word for word in words if word.isupper() and len(word) > 1]
    if capitals and len(capitals) < len(words):
        return " ".join(word for word in words if word not in capitals), " ".join(capitals)
    return " ".join(words[:-1]), words[-1]


@lru_cache(maxsize=200)
def _labels(attribute: Attribute) -> list[tuple[str, str]]:
    """Stored values with their labels in every language of the interface."""
    if isinstance(attribute, OwnAttribute):
        return [(each.value, label) for each in attribute.all_choices if not each.archived for label in (each.en, each.fr)]
    labels: list[tuple[str, str]] = []
    for language in ("en", "fr", "fr-ca"):
        with override(language):
            labels += attribute.choices
    return labels


def _refuse_invalid(model_field: "models.Field[Any, Any]", value: Any) -> None:
    """The validators that a form runs."""
    if isinstance(value, str) and model_field.max_length and len(value) > model_field.max_length:
        raise Unreadable("too_long")
    try:
        model_field.run_validators(value)
    except ValidationError:
        raise Unreadable("invalid") from None
