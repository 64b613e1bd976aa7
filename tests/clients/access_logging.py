"""Who gets what answer from the pages where exchanges are logged and followed up."""

from datetime import date

from clients.models import FollowUp, Interaction, LifeEvent, Transfer
from firms.permissions import Permission
from firms.row_versions import RowVersion
from tests import factories
from tests.access import ACT, CLIENT, FORM, Kind, Route, Scope, version_read

VIEW, EDIT = Permission.VIEW_CLIENTS, Permission.EDIT_CLIENTS


def make_follow_up(owner, **fields):
    client = factories.make_client(adviser=owner, name=f"{owner.name}'s client")
    return FollowUp.objects.create(client=client, text=f"{owner.name}'s promise", due_on=date(2026, 1, 5), assignee=owner, by=owner, **fields)


def make_transfer(owner):
    return Transfer.objects.create(by=owner)


def make_life_event(owner):
    client = factories.make_client(adviser=owner, name=f"{owner.name}'s client")
    return LifeEvent.objects.create(client=client, on=date(2026, 1, 5), kind="home", words=f"{owner.name}'s boat", by=owner)


def make_interaction(owner):
    client = factories.make_client(adviser=owner, name=f"{owner.name}'s client")
    return Interaction.objects.create(client=client, channel="phone", subject=f"{owner.name}'s call", happened_at="2026-01-05T15:00Z", by=owner)


INTERACTION = Kind(make_interaction)
FOLLOW_UP = Kind(make_follow_up)
LIFE_EVENT = Kind(make_life_event)
LIVED = {"kind": "birth", "on": "2026-01-05", "words": "Léa"}
TRANSFER = Kind(make_transfer, Scope.FIRM)


def _asked(world, target):
    """Whoever asks may be given it; the adviser of the book may be by all."""
    client = getattr(target, "client", target)
    return {"text": "Send the form", "due_on": "2026-01-05", "assignee": client.adviser_id if client else 1}


def _version(model, row):
    """Of a row that may be behind another firm's wall."""
    return model.objects.annotate(version=RowVersion()).filter(pk=getattr(row, "pk", 0)).values_list("version", flat=True).first() or ""


def _corrected(world, interaction):
    return {"channel": "phone", "subject": "Said right", "happened_on": "2026-01-05", "version": _version(Interaction, interaction)}


def _lived_anew(world, event):
    return LIVED | {"version": _version(LifeEvent, event)}


ROUTES = [
    # Posted with nothing, the form comes back: whose client it is depends on who asks.
    Route("interaction_log", EDIT, methods={"GET": 200, "POST": 200}),
    Route("interaction_edit", EDIT, INTERACTION, FORM, data=_corrected),
    Route("interaction_remove", EDIT, INTERACTION, ACT),
    Route("follow_up_list", VIEW),
    Route("follow_up_create", EDIT, CLIENT, FORM, data=_asked),
    Route("follow_up_edit", EDIT, FOLLOW_UP, FORM, data=lambda world, asked: _asked(world, asked) | {"version": version_read(asked)}),
    Route("follow_up_finish", EDIT, FOLLOW_UP, ACT),
    Route("follow_up_reopen", EDIT, FOLLOW_UP, ACT),
    Route("follow_up_remove", EDIT, FOLLOW_UP, ACT),
    Route("transfer_detail", Permission.ASSIGN_CLIENTS, TRANSFER),
    Route("transfer_undo", Permission.ASSIGN_CLIENTS, TRANSFER, ACT),
    Route("life_event_create", EDIT, CLIENT, FORM, data=LIVED),
    Route("life_event_edit", EDIT, LIFE_EVENT, FORM, data=_lived_anew),
    Route("life_event_remove", EDIT, LIFE_EVENT, ACT),
    Route("context_show", VIEW, CLIENT, {"GET": 302}),
    Route("context_edit", EDIT, CLIENT, FORM, data={"personal_context": "A boat.", "read": ""}),
]
