"""Two clients become one household when a person says so, with what each said shown side by side."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from clients import amounts
from clients.attributes import Attribute, FieldAttribute, Holder, OwnAttribute, Type, catalogue_of
from clients.follow_ups import hand_over_follow_ups
from clients.models import Amount, Client, FollowUp, Interaction, Keeping, Kind, LifeEvent, MergeProposal, Person, Referral
from clients.moving import follow
from firms.background import request_planning
from firms.models import User

SUM = "sum"
# Decided by merging itself: the name is asked for, the kind becomes a household, the first keeps its reference.
_NOT_ASKED = frozenset({"name", "kind", "external_reference"})


def mergeable(firm_id: int) -> list[FieldAttribute | OwnAttribute]:
    """What two clients may say differently."""
    found = catalogue_of(firm_id).values()
    return [
        each
        for each in found
        if (isinstance(each, FieldAttribute) and each.holder is Holder.CLIENT and not each.in_years and each.key not in _NOT_ASKED)
        or isinstance(each, OwnAttribute)
    ]


class AlreadyDecided(Exception):
    """Someone else decided on this proposal, or one of the two clients was archived."""


class ChoiceMissing(Exception):
    """The two clients differ on something and nobody said which holds."""


def waiting_proposals(firm_id: int) -> "QuerySet[MergeProposal]":
    """Proposals to decide on, oldest first, with both clients."""
    return (
        MergeProposal.objects.filter(firm_id=firm_id, decision=MergeProposal.Decision.WAITING, first__archived_at=None, second__archived_at=None)
        .select_related("first__adviser", "second__adviser")
        .order_by("pk")
    )


def value_of(client: Client, attribute: FieldAttribute | OwnAttribute) -> Any:
    """The stored value: for the adviser, the user."""
    return attribute.value_of(client, None) if isinstance(attribute, OwnAttribute) else getattr(client, attribute.field)


def _set_value(client: Client, attribute: FieldAttribute | OwnAttribute, value: Any) -> None:
    if isinstance(attribute, FieldAttribute):
        setattr(client, attribute.field, value)
    elif value is not None:
        client.own = client.own | {attribute.slug: attribute.clean(value, kept=value)}


def differing(first: Client, second: Client) -> list[FieldAttribute | OwnAttribute]:
    """What both are known to say, differently: only a person can tell which holds for the household."""
    unknown = (None, "")
    return [
        found
        for found in mergeable(first.firm_id)
        if value_of(first, found) != value_of(second, found) and value_of(first, found) not in unknown and value_of(second, found) not in unknown
    ]


def can_be_summed(attribute: Attribute) -> bool:
    return attribute.type in {Type.MONEY, Type.COUNT, Type.CHOICES}


def together(ours: Any, theirs: Any) -> Any:
    """Both amounts, or the choices of both."""
    return (*ours, *(each for each in theirs if each not in ours)) if isinstance(ours, tuple) else ours + theirs


@transaction.atomic
def merge_clients(*, proposal: MergeProposal, name: str, choices: dict[str, str], by: User) -> Client:
    """Make the first client the household of both: the second's people, interactions, life events and referrals move
    to it, and the second is archived.

    What the two have together of assets, revenue and cost is dated today; what each had before stays with its own file.

    Touchpoints done for the second stay with it, as they were owed to it; what is still open there the planner cancels, meetings booked
    included. Where the household goes to the second's adviser, the first's follow-ups and booked meetings go along.

    `choices` says "first", "second" or "sum" for each attribute of `differing`; what only one of them knows is kept.
    Raises AlreadyDecided or ChoiceMissing, and nothing is written then.
    """
    _decide(proposal, MergeProposal.Decision.MERGED, by)
    # In the order in which imports and their undoing hold clients.
    both = Client.objects.select_for_update().filter(firm_id=proposal.firm_id, pk__in=[proposal.first_id, proposal.second_id]).order_by("pk")
    clients = {client.pk: client for client in both}
    first, second = clients[proposal.first_id], clients[proposal.second_id]
    if first.archived_at or second.archived_at:
        raise AlreadyDecided(proposal)
    figures, adviser_id = {column: getattr(first, column) for column in amounts.KINDS}, first.adviser_id
    asked = {found.key for found in differing(first, second)}
    if not asked <= choices.keys():
        raise ChoiceMissing(sorted(asked - choices.keys()))
    for attribute in mergeable(proposal.firm_id):
        ours, theirs = value_of(first, attribute), value_of(second, attribute)
        if attribute.key not in asked:
            chosen = theirs if ours in (None, "") else ours
        elif choices[attribute.key] == SUM and can_be_summed(attribute):
            chosen = together(ours, theirs)
        else:
            chosen = theirs if choices[attribute.key] == "second" else ours
        _set_value(first, attribute, chosen)
    for text in ("personal_context", "notes"):
        setattr(first, text, "\n\n".join(filter(None, (getattr(first, text), getattr(second, text)))))
    first.name, first.kind = name, Kind.HOUSEHOLD
    second.archived_at = timezone.now()
    # Before the clients themselves move: whose a follow-up is depends on whose the client still is.
    hand_over_follow_ups(client_ids=[first.pk, second.pk], to=first.adviser)
    second.save()
    first.save()
    if first.adviser_id != adviser_id:
        follow(first.firm_id, {first.pk: adviser_id})
    Person.objects.filter(firm_id=first.firm_id, client=second).update(client=first, is_primary=False)
    if not Person.objects.filter(firm_id=first.firm_id, client=first, is_primary=True).exists():
        Person.objects.filter(pk__in=first.people.values("pk")[:1]).update(is_primary=True)
    for model in (Interaction, FollowUp, Referral, LifeEvent):
        model.objects.filter(firm_id=first.firm_id, client=second).update(client=first)
    if not Keeping.objects.filter(firm_id=first.firm_id, client=first).exists():
        Keeping.objects.filter(firm_id=first.firm_id, client=second).exclude(related_client=first).update(client=first)
    told = [column for column, before in figures.items() if getattr(first, column) != before]
    amounts.note_figures(clients=[(first, told)], on=timezone.localdate(), source=Amount.Source.MERGE, by_id=by.pk)
    request_planning(firm_id=first.firm_id)
    return first


@transaction.atomic
def keep_apart(*, proposal: MergeProposal, by: User) -> None:
    """Settle that two clients are not one household; the next import does not ask again. Raises AlreadyDecided."""
    _decide(proposal, MergeProposal.Decision.KEPT_APART, by)


def _decide(proposal: MergeProposal, decision: str, by: User) -> None:
    waiting = MergeProposal.objects.filter(firm_id=proposal.firm_id, pk=proposal.pk, decision=MergeProposal.Decision.WAITING)
    if not waiting.update(decision=decision, decided_by=by):
        raise AlreadyDecided(proposal)
