"""Who changed what and when in a client's file: read from the rows that the history's triggers keep, and from what other rooms tell."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Field, Model, QuerySet
from django.utils.translation import gettext, gettext_lazy
from django_stubs_ext import StrPromise

from clients.attributes import OwnAttribute, catalogue_of
from clients.columns import Change, Line, history_readers, history_sources
from clients.models import Amount, Client, FollowUp, Interaction, Keeping, LifeEvent, Person, Referral
from firms import formats, jobs
from firms.models import Firm, User

# Each kind of row is read back this far; older changes stay in the database.
MOST_EVENTS = 300
# Whose row it is, and what the line itself says.
_HIDDEN = {"id", "firm", "client", "by", "created_at", "updated_at", "batch_id", "own"}
_MONEY = {"income", "net_worth", "aum", "annual_revenue", "annual_cost", "amount"}

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
        (FollowUp.pgh_event_model, gettext("Follow-up"), {"client_id": client.pk}),  # type: ignore[attr-defined]
        (LifeEvent.pgh_event_model, gettext("Life event"), {"client_id": client.pk}),  # type: ignore[attr-defined]
        (Referral.pgh_event_model, gettext("Referral"), {"client_id": client.pk}),  # type: ignore[attr-defined]
        (Amount.pgh_event_model, gettext("Dated amount"), {"client_id": client.pk}),  # type: ignore[attr-defined]
        (Keeping.pgh_event_model, gettext("Reason for keeping"), {"client_id": client.pk}),  # type: ignore[attr-defined]
        *((source.event, str(source.label), {"client_id": client.pk}) for source in history_sources()),
    ]
    read = _read(sources, firm_id=client.firm_id)
    steps = [step for (_event, what, _found), rows in zip(sources, read, strict=True) for step in _steps(what, rows)]
    steps.sort(key=lambda step: (step.event.pgh_created_at, step.event.pgh_id), reverse=True)
    names = _names(client, steps)
    changes = []
    own = catalogue_of(firm.pk).own if any(_own_of(step.event) or _own_of(step.before) for step in steps) else {}
    for step in steps:
        lines = _lines(step, firm=firm, names=names) + _own_lines(step, own.values(), firm=firm)
        action = step.event.pgh_label
        if lines or action != "update":
            who = _author(step.event.pgh_context or {}, names=names)
            changes.append(Change(step.event.pgh_created_at, who, step.what, action, lines, str(_SAID[action]), _ICONS[action]))
    for reader in history_readers():
        changes += reader.read(client, firm)
    return sorted(changes, key=lambda change: change.when, reverse=True)


def _author(signed: Mapping[str, Any], *, names: "Names") -> str:
    """Who did it, from what was signed (firms/authorship.py): a person, and by which program; empty for a program nobody knows."""
    name = names.get((User, signed.get("user") or 0), "")
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


def _read(sources: "list[tuple[Any, str, dict[str, Any]]]", *, firm_id: int) -> "list[list[Any]]":
    """The newest events of each source, newest first. Tables of different columns in one statement: each row comes as JSON, and its
    fields make of that what they hold."""
    parts, parameters = [], []
    for number, (event, _what, found) in enumerate(sources):
        ((column, value),) = found.items()
        parts.append(
            f"(SELECT {number} AS source, to_jsonb(e) FROM {event._meta.db_table} e WHERE firm_id = %s AND {column} = %s "
            f"ORDER BY pgh_id DESC LIMIT {MOST_EVENTS})"
        )
        parameters += [firm_id, value]
    rows: list[list[Any]] = [[] for _source in sources]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        for number, read in cursor.fetchall():
            event = sources[number][0]
            known = json.loads(read, parse_float=Decimal) if isinstance(read, str) else read
            values = {field.attname: field.to_python(known[field.column]) for field in event._meta.concrete_fields if field.column in known}
            rows[number].append(event(**values))
    for found_rows in rows:
        found_rows.sort(key=lambda row: row.pgh_id, reverse=True)
    return rows


def _steps(what: str, newest: list[Any]) -> list[_Step]:
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


Names = dict[tuple[type[Model], int], str]


def _names(client: Client, steps: list[_Step]) -> Names:
    """The people and the clients that these changes name, in a statement each: who did them, and whom they are about. None for the client's
    adviser alone."""
    wanted: dict[type[Model], set[int]] = {User: {step.user_id for step in steps if step.user_id}, Client: set()}
    for step in steps:
        for field in _tracked(step.event):
            if field.related_model in wanted and (key := getattr(step.event, field.attname)):
                wanted[field.related_model].add(key)
    wanted[User].discard(client.adviser_id)
    rows: dict[type[Model], QuerySet[Any]] = {User: User.objects.all(), Client: Client.objects.all()}
    found = {(model, row.pk): str(row) for model, keys in wanted.items() if keys for row in rows[model].filter(firm_id=client.firm_id, pk__in=keys)}
    return found | {(User, client.adviser_id): str(client.adviser)}


def _own_of(event: Any) -> dict[str, Any]:
    return getattr(event, "own", None) or {}


def _own_lines(step: _Step, own: Iterable[OwnAttribute], *, firm: Firm) -> list[Line]:
    """What changed of the firm's own attributes; of one that was deleted nothing can be said."""
    before, after = _own_of(step.before), _own_of(step.event)
    return [
        Line(found.label, *(found.display(found.read(values.get(found.slug)), firm=firm) for values in (before, after)))
        for found in own
        if before.get(found.slug) != after.get(found.slug)
    ]


def _lines(step: _Step, *, firm: Firm, names: Names) -> list[Line]:
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


def _shown(field: "Field[Any, Any]", value: Any, *, firm: Firm, names: Names) -> str:
    locale = formats.babel_locale(firm.region)
    match value:
        case None:
            return ""
        case bool():
            return gettext("Yes") if value else gettext("No")
        case int() if field.related_model in {User, Client}:
            return names.get((field.related_model, value), "")
        case datetime():
            return formats.moment(value, locale=locale)
        case date():
            return formats.day(value, locale=locale)
        case Decimal() if field.name in _MONEY:
            return formats.money(value, currency=firm.currency, locale=locale, cents=value != int(value))
        case Decimal() | int():
            return formats.number(value, locale=locale)
    return str(dict(field.flatchoices).get(value, value))
