"""What happens in a client's life, day by day: written where the personal context is read. What the firm promised after it is planned at once."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client, LifeEvent
from clients.queries import Refused, check_book
from firms.background import request_planning
from firms.models import User
from firms.row_versions import RowVersion, version_of

# Before it, a day is a slip of the finger; so is one too far ahead. A retirement or a birth is known beforehand.
EARLIEST = date(1900, 1, 1)
FURTHEST_AHEAD = timedelta(days=5 * 366)


@dataclass(frozen=True, kw_only=True)
class LifeEventDraft:
    """`kind` is a LifeEvent.Kind; `words` say more, and are all there is to say of another kind of event."""

    on: date
    kind: str
    words: str = ""


class LifeEventRefused(Refused):
    """Nothing was written; `str()` says why in the active language."""


@transaction.atomic
def add_life_event(*, client: Client, by: User, draft: LifeEventDraft) -> LifeEvent:
    """Note what happens in a client's life. Raises NotInYourBook, ValidationError."""
    check_book(client, by=by)
    event = LifeEvent(firm_id=client.firm_id, client=client, by=by)
    _fill(event, draft)
    event.save()
    request_planning(firm_id=by.firm_id, client_id=client.pk)
    return event


@transaction.atomic
def change_life_event(*, event: LifeEvent, by: User, version: str, draft: LifeEventDraft) -> LifeEvent:
    """Correct it. On another day, what was planned after it and nobody touched moves along.

    `version` is the one that was read (row_versions.RowVersion). Raises LifeEventRefused when it no longer is that one, or is gone; NotInYourBook,
    ValidationError.
    """
    check_book(event.client, by=by)
    _fill(event, draft)
    kept = LifeEvent.objects.filter(firm_id=by.firm_id, pk=event.pk)
    if not kept.annotate(version=RowVersion()).filter(version=version).update(on=event.on, kind=event.kind, words=event.words):
        raise _refusal(is_gone=not kept.exists())
    request_planning(firm_id=by.firm_id, client_id=event.client_id)
    return event


@transaction.atomic
def remove_life_event(*, event: LifeEvent, by: User, version: str) -> None:
    """Take it back, as it was read at `version`; it stays in the history. Raises LifeEventRefused as a change does; NotInYourBook."""
    check_book(event.client, by=by)
    held = LifeEvent.objects.select_for_update().filter(firm_id=by.firm_id, pk=event.pk).first()
    if held is None or version_of(held) != version:
        raise _refusal(is_gone=held is None)
    held.delete()
    request_planning(firm_id=by.firm_id, client_id=event.client_id)


def _refusal(*, is_gone: bool) -> LifeEventRefused:
    if is_gone:
        return LifeEventRefused(_("Someone removed this life event meanwhile."))
    return LifeEventRefused(_("Someone changed this life event meanwhile. Open it again to see the changes, then make yours."))


def _fill(event: LifeEvent, draft: LifeEventDraft) -> None:
    event.on, event.kind, event.words = draft.on, draft.kind, draft.words.strip()
    faults: dict[str, str] = {}
    if draft.on < EARLIEST:
        faults["on"] = _("This is too long ago: check the year.")
    elif draft.on > timezone.localdate() + FURTHEST_AHEAD:
        faults["on"] = _("This is more than five years ahead: check the year.")
    if draft.kind == LifeEvent.Kind.OTHER and not event.words:
        faults["words"] = _("Say what happens.")
    if faults:
        raise ValidationError(faults)
    event.full_clean(exclude=["firm", "client", "by"], validate_constraints=False)
