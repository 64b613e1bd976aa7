"""What someone about to meet a client wants to have read: personal context, life events, the last exchanges, what is still owed.

    {% include "clients/_context.html" with client=client known=context %}

reads a `Context`; a page that shows several clients takes them all at once from `contexts_of`.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Field, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client, FollowUp, Interaction, LifeEvent, Person
from clients.queries import Refused, check_book
from firms.models import User
from firms.row_versions import RowVersion
from firms.statements import given, kept_statement

# Of each client, the newest exchanges and the nearest follow-ups.
MOST_INTERACTIONS = 3
MOST_FOLLOW_UPS = 5
# And the last life events, those to come included.
MOST_LIFE_EVENTS = 6
LONGEST = 5000


@dataclass(frozen=True)
class Context:
    """`personal` is what the client's file says of family, life events and conversations under way, empty for nothing."""

    personal: str = ""
    # Newest first, with who logged it.
    interactions: list[Interaction] = field(default_factory=list)
    # Open ones, the earliest due first, with who has it.
    follow_ups: list[FollowUp] = field(default_factory=list)
    # The primary contact: whom to reach.
    contact: Person | None = None
    # What happens in the client's life, the latest first.
    life_events: list[LifeEvent] = field(default_factory=list)

    @property
    def last(self) -> Interaction | None:
        """The last conversation."""
        return self.interactions[0] if self.interactions else None

    @property
    def personal_lines(self) -> list[str]:
        """What is personal, line by line: a list shows the first ones."""
        return [line.strip() for line in self.personal.splitlines() if line.strip()]


def context_of(client: Client) -> Context:
    """Of one client at hand. One statement."""
    return contexts_of([client.pk], firm_id=client.firm_id)[client.pk]


def contexts_of(client_ids: Collection[int], *, firm_id: int) -> dict[int, Context]:
    """Of clients whom the reader may see, by primary key. One statement, however many they are.

    Each client's first rows come as JSON from the index that orders them: a window over all the rows would read every exchange there was.
    """
    found = _contexts().rows(firm=firm_id, clients=list(client_ids))
    return {
        pk: Context(
            text,
            [_made(Interaction, row, person="by") for row in spoken],
            [_made(FollowUp, row, person="assignee") for row in owed],
            Person(**reach[0]) if reach else None,
            [_lived(row) for row in lived],
        )
        for pk, text, spoken, owed, reach, lived in found
    }


@kept_statement
def _contexts() -> QuerySet[Client, tuple[Any, ...]]:
    owner = {"firm_id": given("firm"), "client_id": OuterRef("pk")}
    spoken = Interaction.objects.filter(**owner).order_by("-happened_at", "-pk")
    owed = FollowUp.objects.filter(**owner, done_at=None).order_by("due_on", "pk")
    lived = LifeEvent.objects.filter(**owner).order_by("-on", "-pk")
    clients = Client.objects.filter(firm_id=given("firm"), pk__in=given("clients")).order_by()
    return clients.annotate(
        spoken=ArraySubquery(spoken.values(row=_as_json(_INTERACTION, person="by"))[:MOST_INTERACTIONS]),
        owed=ArraySubquery(owed.values(row=_as_json(_FOLLOW_UP, person="assignee"))[:MOST_FOLLOW_UPS]),
        lived=ArraySubquery(lived.values(row=JSONObject(version=RowVersion(), **_LIFE_EVENT))[:MOST_LIFE_EVENTS]),
        reach=ArraySubquery(Person.objects.filter(**owner).order_by("-is_primary", "pk").values(row=JSONObject(**_PERSON))[:1]),
    ).values_list("pk", "personal_context", "spoken", "owed", "reach", "lived")


_INTERACTION = ("id", "firm_id", "client_id", "happened_at", "channel", "subject", "summary", "value", "value_note", "satisfaction")
_PERSON = {name: name for name in ("id", "firm_id", "client_id", "is_primary", "title", "first_name", "last_name", "occupation", "email", "phone")}
_LIFE_EVENT = {name: name for name in ("id", "firm_id", "client_id", "on", "kind", "words")}
_FOLLOW_UP = ("id", "firm_id", "client_id", "text", "due_on")
Row = TypeVar("Row", Interaction, FollowUp)


def _as_json(names: tuple[str, ...], *, person: str) -> JSONObject:
    return JSONObject(**{name: name for name in names}, person_id=f"{person}_id", person_name=f"{person}__name")


def _made(model: type[Row], row: dict[str, Any], *, person: str) -> Row:
    """The row that JSON tells of, with the name of its person."""
    user = User(pk=row.pop("person_id"), firm_id=row["firm_id"], name=row.pop("person_name"))
    day = "happened_at" if model is Interaction else "due_on"
    row[day] = cast("Field[Any, Any]", model._meta.get_field(day)).to_python(row[day])
    return model(**row, **{person: user})


def _lived(row: dict[str, Any]) -> LifeEvent:
    """The event that JSON tells of, with the `version` of its row."""
    version = row.pop("version")
    event = LifeEvent(**row | {"on": date.fromisoformat(row["on"])})
    event.version = version  # type: ignore[attr-defined]
    return event


class ContextChangedMeanwhile(Refused):
    """Someone wrote the client's context since it was read; `now` is what it says."""

    def __init__(self, now: str) -> None:
        super().__init__(now)
        self.now = now

    def __str__(self) -> str:
        return _("Someone changed this meanwhile. Below is what you wrote; above, what the file says now.")


@transaction.atomic
def change_context(*, client: Client, by: User, read: str, text: str) -> None:
    """Write a client's personal context anew; `read` is what the writer had before their eyes.

    Raises NotInYourBook, ValidationError, and ContextChangedMeanwhile when the file says something else by now.
    """
    check_book(client, by=by)
    text = _plain(text)
    if len(text) > LONGEST:
        raise ValidationError({"personal_context": _("Keep it under %(number)s characters.") % {"number": LONGEST}})
    kept = Client.objects.select_for_update(no_key=True).only("personal_context").get(firm_id=by.firm_id, pk=client.pk)
    if _plain(kept.personal_context) != _plain(read):
        raise ContextChangedMeanwhile(kept.personal_context)
    if kept.personal_context != text:
        Client.objects.filter(firm_id=by.firm_id, pk=client.pk).update(personal_context=text, updated_at=timezone.now())
    client.personal_context = text


def _plain(text: str) -> str:
    """As browsers and programs both write it."""
    return text.replace("\r\n", "\n").strip()
