"""Why a client is kept: the deal-breaker flag and its question, and the reason recorded for a client who brings little.

Personality is no attribute: nothing scores it. It is flagged here, in words, and asks for an answer.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client, Keeping
from clients.queries import check_book, visible_to
from firms.models import User


@transaction.atomic
def flag_deal_breaker(*, client: Client, by: User, note: str) -> Keeping:
    """Say what makes a client hard to serve; the adviser is asked why the client is kept. Raises NotInYourBook, ValidationError."""
    if not note.strip():
        raise ValidationError({"note": _("Say what happens, so that a colleague understands.")})
    keeping = _hold(client, by=by)
    if not keeping.is_deal_breaker:
        keeping.flagged_on = timezone.localdate()
    keeping.is_deal_breaker, keeping.deal_breaker_note = True, note.strip()
    keeping.save()
    return keeping


@transaction.atomic
def lift_deal_breaker(*, client: Client, by: User) -> bool:
    """Take the flag away; what was said stays in the history. False when there was none. Raises NotInYourBook."""
    keeping = _hold(client, by=by)
    if not keeping.is_deal_breaker:
        return False
    keeping.is_deal_breaker, keeping.deal_breaker_note, keeping.flagged_on = False, "", None
    _save_or_forget(keeping)
    return True


@transaction.atomic
def record_reason(*, client: Client, by: User, reason: str, note: str = "", related_client: Client | None = None) -> Keeping:
    """Answer why a client is kept. A relative of an important client is linked to that client. Raises NotInYourBook, ValidationError."""
    keeping = _hold(client, by=by)
    faults: dict[str, str] = {}
    if reason not in Keeping.Reason.values:
        faults["reason"] = _("Choose a reason.")
    if reason == Keeping.Reason.OTHER and not note.strip():
        faults["reason_note"] = _("Say which.")
    if reason == Keeping.Reason.RELATIVE and related_client is None:
        faults["related_client"] = _("Choose the important client.")
    if related_client is not None and related_client.pk != keeping.related_client_id:
        if related_client.pk == client.pk:
            faults["related_client"] = _("A client is not related to itself.")
        elif not visible_to(by).filter(pk=related_client.pk).exists():
            faults["related_client"] = _("This file is outside the books you work in.")
    if faults:
        raise ValidationError(faults)
    keeping.reason, keeping.reason_note, keeping.related_client = reason, note.strip(), related_client
    keeping.save()
    return keeping


@transaction.atomic
def withdraw_reason(*, client: Client, by: User) -> bool:
    """Take the answer back: the question is open again. False when there was none. Raises NotInYourBook."""
    keeping = _hold(client, by=by)
    if not keeping.reason:
        return False
    keeping.reason, keeping.reason_note, keeping.related_client = "", "", None
    _save_or_forget(keeping)
    return True


def _hold(client: Client, *, by: User) -> Keeping:
    """The client's row, new or as it stands; two people at once write one after the other."""
    check_book(client, by=by)
    Client.objects.select_for_update().get(pk=client.pk)
    keeping = Keeping.objects.filter(firm_id=client.firm_id, client=client).first() or Keeping(firm_id=client.firm_id, client=client)
    keeping.by = by
    return keeping


def _save_or_forget(keeping: Keeping) -> None:
    if keeping.is_deal_breaker or keeping.reason:
        keeping.save()
    elif keeping.pk:
        keeping.delete()


def keeping_of(client: Client) -> Keeping | None:
    """What is said of keeping this client; no statement when it was joined to the client."""
    return getattr(client, "keeping", None)


def deal_breakers(clients: QuerySet[Client]) -> QuerySet[Client]:
    """Those of the clients that are flagged."""
    return clients.filter(keeping__is_deal_breaker=True)


def unanswered(clients: QuerySet[Client]) -> QuerySet[Client]:
    """Those flagged whose keeping nobody explained."""
    return clients.filter(keeping__is_deal_breaker=True, keeping__reason="")
