"""Who changed what and when in a client's file: read from the rows that the history's triggers keep, and from what other rooms tell."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Field, Model
from django.utils.translation import gettext, gettext_lazy
from django_stubs_ext import StrPromise

from clients.columns import Change, Line, history_readers, history_sources
from clients.models import Client, Interaction, Person
from firms import formats, jobs
from firms.models import Firm, User

# Each kind of row is read back this far; older changes stay in the database.
MOST_EVENTS = 300
# Whose row it is, and what the line itself says.
_HIDDEN = {"id", "firm", "client", "by", "created_at", "updated_at"}
_MONEY = {"income", "net_worth", "aum", "annual_revenue"}

_SAID: dict[str, StrPromise] = {
    "insert": gettext_lazy("added"),
    "update": gettext_lazy("changed"),
    "delete": gettext_lazy("removed"),
}
_ICONS = {"insert": "plus", "update": "pencil", "delete": "trash-2"}


def history_of(client: Client, *, firm: Firm) -> list[Change]:
    """Changes of the client, its people, its interactions and what other rooms keep of it, newest first."""
    sources: list[tuple[Any, str, dict[str, Any]]] = [
        (Client.pgh_event_model, gettext("Client"), {"pgh_obj_id": client.pk}),  # type: ignore[attr-defined]
        (Person.pgh_event_model, gettext("Person"), {"client_id": client.pk}),  # type: ignore[attr-defined]
        (Interaction.pgh_event_model, gettext("Interaction"), {"client_id": client.pk}),  # type: ignore[attr-defined]
        *((source.event, str(source.label), {"client_id": client.pk}) for source in history_sources()),
    ]
    steps = [step for event, what, found in sources for step in _steps(event, what, found | {"firm_id": client.firm_id})]
    steps.sort(key=lambda step: step.event.pgh_id, reverse=True)
    names = _names(client, steps)
    changes = []
    for step in steps:
        lines, action = _lines(step, firm=firm, names=names), step.event.pgh_label
        if lines or action != "update":
            who = _author(step.event.pgh_context or {}, names=names)
            changes.append(Change(step.event.pgh_created_at, who, step.what, action, lines, str(_SAID[action]), _ICONS[action]))
    for reader in history_readers():
        changes += reader.read(client, firm)
    return sorted(changes, key=lambda change: change.when, reverse=True)


def _author(signed: Mapping[str, Any], *, names: dict[int, str]) -> str:
    """Who did it, from what was signed (firms/authorship.py): a person, and by which program; empty for a program nobody knows."""
    name = names.get(signed.get("user") or 0, "")
    if work := jobs.label_of(signed.get("job", "")):
        return gettext("%(work)s by %(name)s") % {"work": work, "name": name} if name else work
    if command := signed.get("command"):
        told = gettext("command %(command)s") % {"command": command}
        return f"{name} ({told})" if name else told[:1].upper() + told[1:]
    if name:
        return f"{name} ({gettext('API')})" if "api_key" in signed else name
    return gettext("Automatic run") if "task" in signed else ""


@dataclass(frozen=True)
class _Step:
    """A row as it became, and as it was."""

    what: str
    event: Any
    before: Any | None

    @property
    def user_id(self) -> int | None:
        found: int | None = (self.event.pgh_context or {}).get("user")
        return found


def _steps(event: type[Model], what: str, found: dict[str, Any]) -> list[_Step]:
    newest: list[Any] = list(event._default_manager.filter(**found).order_by("-pgh_id")[:MOST_EVENTS])
    rows: dict[int, list[Any]] = defaultdict(list)
    for row in reversed(newest):
        rows[row.pgh_obj_id].append(row)
    steps = []
    for history in rows.values():
        before = None
        for row in history:
            # The oldest of a long history says nothing of what changed: the row before it was not read.
            if before is not None or row.pgh_label != "update":
                steps.append(_Step(what, row, before))
            before = row
    return steps


def _tracked(event: Any) -> "list[Field[Any, Any]]":
    return [field for field in event._meta.concrete_fields if not field.name.startswith("pgh_") and field.name not in _HIDDEN]


def _names(client: Client, steps: list[_Step]) -> dict[int, str]:
    """The people these changes name, in one statement: who did them, and whom they are about. None when it is the client's adviser alone."""
    wanted = {step.user_id for step in steps}
    for step in steps:
        wanted |= {getattr(step.event, field.attname) for field in _tracked(step.event) if field.related_model is User}
    found = {client.adviser_id: str(client.adviser)}
    if unknown := [key for key in wanted if key and key not in found]:
        found |= {user.pk: str(user) for user in User.objects.filter(firm_id=client.firm_id, pk__in=unknown)}
    return found


def _lines(step: _Step, *, firm: Firm, names: dict[int, str]) -> list[Line]:
    lines = []
    for field in _tracked(step.event):
        before = getattr(step.before, field.attname) if step.before is not None else None
        after = getattr(step.event, field.attname)
        if step.event.pgh_label == "delete":
            before, after = after, None
        before, after = (None if value == "" else value for value in (before, after))
        if before != after:
            label = str(field.verbose_name)
            lines.append(Line(label[:1].upper() + label[1:], *(_shown(field, value, firm=firm, names=names) for value in (before, after))))
    return lines


def _shown(field: "Field[Any, Any]", value: Any, *, firm: Firm, names: dict[int, str]) -> str:
    locale = formats.babel_locale(firm.region)
    match value:
        case None:
            return ""
        case bool():
            return gettext("Yes") if value else gettext("No")
        case int() if field.related_model is User:
            return names.get(value, "")
        case datetime():
            return formats.moment(value, locale=locale)
        case date():
            return formats.day(value, locale=locale)
        case Decimal() if field.name in _MONEY:
            return formats.money(value, currency=firm.currency, locale=locale, cents=value != int(value))
        case Decimal() | int():
            return formats.number(value, locale=locale)
    return str(dict(field.flatchoices).get(value, value))
