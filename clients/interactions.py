"""What happened with a client, written down, with what follows from it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.follow_ups import FollowUpDraft, add_follow_ups
from clients.models import Channel, Client, FollowUp, Interaction
from clients.queries import Refused, check_book, visible_to
from firms.background import request_planning
from firms.models import User
from firms.permissions import Role
from firms.row_versions import RowVersion

# Clocks differ a little; a meeting of next week has not happened.
_AHEAD = timedelta(minutes=5)
# Before this, a moment is a slip of the finger; and before time zones it has no offset in whole minutes.
EARLIEST = datetime(1950, 1, 1, tzinfo=UTC)
REMOVED_WITHIN = timedelta(days=1)
_SAID = ("channel", "subject", "summary", "happened_at", "value", "value_note", "satisfaction")


@dataclass(frozen=True, kw_only=True)
class InteractionDraft:
    """What someone says of a meeting, a call or a message. Without a moment, it happened just now.

    `value` is a ValueShown and `value_note` its words: what the client got out of it. `satisfaction` is out of ten. `follow_ups` is what
    was promised. `about` is what it was, of what the firm had promised (promised.py): empty when its channel says.
    """

    channel: str
    subject: str
    summary: str = ""
    happened_at: datetime | None = None
    value: str = ""
    value_note: str = ""
    satisfaction: int | None = None
    follow_ups: Collection[FollowUpDraft] = ()
    about: str = ""


Follower = Callable[[Interaction, User, str], None]
_followers: list[Follower] = []


def when_logged(follower: Follower) -> None:
    """Where a higher room says, when its app is ready, what follows from an interaction: called in the transaction that logs it, with what the
    writer said it was about."""
    if follower not in _followers:
        _followers.append(follower)


@transaction.atomic
def log_interaction(*, client: Client, by: User, draft: InteractionDraft, is_accounted_for: bool = False) -> Interaction:
    """Add an interaction to the client's file, and the follow-ups agreed in it.

    `is_accounted_for`: the caller knows what it follows from (it completes a touchpoint); nobody else is asked (`when_logged`).
    Raises ValidationError when it is said to happen in the future or before anyone's time, says nothing, or asks someone who does not
    work for the client.
    """
    interaction = Interaction(
        firm_id=client.firm_id,
        client=client,
        by=by,
        channel=draft.channel,
        subject=draft.subject,
        summary=draft.summary,
        happened_at=draft.happened_at or timezone.now(),
        value=draft.value,
        value_note=draft.value_note.strip(),
        satisfaction=draft.satisfaction,
    )
    _validate(interaction)
    interaction.save()
    add_follow_ups(client=client, by=by, drafts=draft.follow_ups, interaction=interaction)
    for follow in [] if is_accounted_for else _followers:
        follow(interaction, by, draft.about)
    return interaction


def _validate(interaction: Interaction) -> None:
    """Raises ValidationError."""
    if interaction.happened_at > timezone.now() + _AHEAD:
        raise ValidationError({"happened_at": _("An interaction is logged after it happened.")})
    if interaction.happened_at < EARLIEST:
        raise ValidationError({"happened_at": _("This is too long ago: check the year.")})
    if interaction.value_note and not interaction.value:
        raise ValidationError({"value": _("Say which kind of value this is.")})
    interaction.full_clean(exclude=["firm", "client", "by"])


class InteractionRefused(Refused):
    """Nothing was written; `str()` says why in the active language."""


def may_remove(interaction: Interaction, *, by: User) -> bool:
    """Within a day, by whoever logged it and by administrators."""
    is_recent = interaction.created_at > timezone.now() - REMOVED_WITHIN
    return is_recent and (by.pk == interaction.by_id or by.role == Role.ADMIN)


@transaction.atomic
def correct_interaction(*, interaction: Interaction, by: User, version: str, draft: InteractionDraft) -> Interaction:
    """Say it right, as whoever works for the client may: the history keeps what was said before. Whose it is and what it counts for stay; without a
    moment in the draft, so does its moment.

    `version` is the one that was read (row_versions.RowVersion). Raises InteractionRefused when it no longer is that one, NotInYourBook,
    ValidationError.
    """
    check_book(interaction.client, by=by)
    interaction.channel, interaction.subject, interaction.summary = draft.channel, draft.subject, draft.summary
    interaction.value, interaction.value_note, interaction.satisfaction = draft.value, draft.value_note.strip(), draft.satisfaction
    interaction.happened_at = draft.happened_at or interaction.happened_at
    _validate(interaction)
    said = {name: getattr(interaction, name) for name in _SAID}
    if not Interaction.objects.annotate(version=RowVersion()).filter(firm_id=by.firm_id, pk=interaction.pk, version=version).update(**said):
        raise InteractionRefused(_("Someone changed this interaction meanwhile. Open it again to see the changes, then make yours."))
    # Something may follow a meeting, or the last touch.
    request_planning(firm_id=by.firm_id, client_id=interaction.client_id)
    return interaction


Keeper = Callable[[Interaction], str]
_keepers: list[Keeper] = []


def keep_interactions_when(keeper: Keeper) -> None:
    """Where a higher room says why an interaction cannot be removed (empty: it can), when its app is ready."""
    _keepers.append(keeper)


@transaction.atomic
def remove_interaction(*, interaction: Interaction, by: User) -> None:
    """Take away what was logged by mistake, for another client say; the history keeps it, and the follow-ups agreed in it stay.

    Raises InteractionRefused: after a day, for others than whoever logged it, or when it counts for something; NotInYourBook.
    """
    check_book(interaction.client, by=by)
    # The client first, as whoever says what an interaction was does.
    Client.objects.select_for_update(no_key=True).get(firm_id=by.firm_id, pk=interaction.client_id)
    if not may_remove(interaction, by=by):
        raise InteractionRefused(_("An interaction is removed within a day, by whoever logged it or by an administrator."))
    for reason in (keeper(interaction) for keeper in _keepers):
        if reason:
            raise InteractionRefused(reason)
    FollowUp.objects.filter(firm_id=by.firm_id, interaction=interaction).update(interaction=None)
    Interaction.objects.filter(firm_id=by.firm_id, pk=interaction.pk).delete()
    request_planning(firm_id=by.firm_id, client_id=interaction.client_id)


@transaction.atomic
def withdraw_interactions(*, ids: Collection[int], by: User) -> None:
    """Take interactions back as if never logged, with what they asked for and nobody has done: for an undo that just follows."""
    FollowUp.objects.filter(firm_id=by.firm_id, interaction_id__in=ids, done_at=None).delete()
    FollowUp.objects.filter(firm_id=by.firm_id, interaction_id__in=ids).update(interaction=None)
    Interaction.objects.filter(firm_id=by.firm_id, pk__in=ids).delete()


@dataclass(frozen=True)
class Usual:
    """What the form to log an interaction proposes to someone: clients last spoken with, newest first, and how the last time."""

    clients: list[Client]
    channel: str


def usual_of(user: User, *, most: int = 6) -> Usual:
    """Two statements: the last interactions someone logged, and their clients the person still sees."""
    last = list(Interaction.objects.filter(firm_id=user.firm_id, by=user).order_by("-pk").values_list("client_id", "channel")[: 5 * most])
    ids = list(dict.fromkeys(client_id for client_id, _channel in last))[:most]
    found = {client.pk: client for client in visible_to(user).filter(pk__in=ids, archived_at=None)} if ids else {}
    return Usual([found[pk] for pk in ids if pk in found], last[0][1] if last else Channel.PHONE)
