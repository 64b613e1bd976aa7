"""What an interaction was, of what was promised: the room that keeps promises says so, for the form that logs one and the list that shows it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from clients.models import Client, Interaction
from firms.guard import FirmRequest
from firms.models import User

# Said by who logs: it was nothing that was promised.
NOTHING = "nothing"

# What the client (any client: None) may have been given, for this user: a key that `InteractionDraft.about` takes, and its name.
Choices = Callable[[Client | None, User], list[tuple[str, str]]]


class Notes(Protocol):
    """Of some interactions of one client, what each delivered, as HTML; with `asks`, of one that delivered nothing the way to say what it was."""

    def __call__(self, request: FirmRequest, interactions: Sequence[Interaction], *, asks: bool) -> Mapping[int, str]: ...


_choices: list[Choices] = []
_notes: list[Notes] = []


def register_promised(*, choices: Choices, notes: Notes) -> None:
    """Called when a higher room's app is ready."""
    _choices.append(choices)
    _notes.append(notes)


def promised_choices(client: Client | None, user: User) -> list[tuple[str, str]]:
    return [choice for choices in _choices for choice in choices(client, user)]


def with_what_they_delivered(request: FirmRequest, interactions: Sequence[Interaction], *, asks: bool = False) -> list[tuple[Interaction, str]]:
    """Each with the words of what it delivered, empty for nothing; with `asks`, then the way to say what it was, where it may have been one."""
    told: dict[int, str] = {}
    for notes in _notes:
        told |= notes(request, interactions, asks=asks)
    return [(interaction, told.get(interaction.pk, "")) for interaction in interactions]
