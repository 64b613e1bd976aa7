"""One promise to one client that differs from its segment's and its profile's, with a reason and an end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clients.models import Channel, Client
from clients.queries import visible_to
from firms.background import request_planning
from firms.models import User
from segmentation.models import Assignment
from segmentation.publishing import firm_today
from service_matrix.catalogue import REACTIVE
from service_matrix.entitlements import exceptions_in_force
from service_matrix.models import FirmChannel, Performer, PromiseException, TouchpointType
from service_matrix.promises import MINUTES_A_DAY, MOST_TIMES

LONGEST = timedelta(days=731)


class InvalidException(Exception):
    """The exception makes no sense: `errors` says why in words, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


class NotServed(Exception):
    """The client is in no segment of the service scheme, or archived: nothing is promised that could differ."""

    def __str__(self) -> str:
        return _("This client is in no segment of the service scheme: nothing is promised yet.")


class NoException(Exception):
    """There is no exception to end: it ran out, or someone ended it first."""

    def __str__(self) -> str:
        return _("This exception had ended already.")


@dataclass(frozen=True)
class ExceptionDraft:
    """What differs; what is empty stays as it would be. `is_nothing` promises nothing at all, and says nothing else."""

    reason: str
    expires_on: date
    is_nothing: bool = False
    times: int | None = None
    channel: str = ""
    own_channel_id: int | None = None
    performer: str = ""
    minutes: int | None = None


@transaction.atomic
def make_exception(*, client: Client, touchpoint_type: TouchpointType, draft: ExceptionDraft, by: User) -> PromiseException:
    """Promise a client something else of one touchpoint type from today until `draft.expires_on`, the first day it no longer holds.

    An exception of the same in force ends today. Raises InvalidException or NotServed; nothing is written then.
    """
    # Two people at once are put in line by the client's row.
    held = Client.objects.select_for_update(no_key=True).filter(firm_id=by.firm_id, pk=client.pk, archived_at=None).first()
    is_placed = Assignment.objects.filter(firm_id=by.firm_id, client=client, scheme__is_service=True, ends_on=None).exists()
    if held is None or not is_placed:
        raise NotServed
    today = firm_today(by.firm_id)
    if errors := _errors(draft, touchpoint_type=touchpoint_type, today=today, firm_id=by.firm_id):
        raise InvalidException(errors)
    exceptions_in_force(firm_id=by.firm_id, on=today).filter(client=client, touchpoint_type=touchpoint_type).update(ends_on=today, ended_by=by)
    said = {"times": None, "channel": "", "own_channel_id": None, "performer": "", "minutes": None} if draft.is_nothing else {}
    values = vars(draft) | said | {"reason": draft.reason.strip()}
    exception = PromiseException.objects.create(
        client=client, touchpoint_type=touchpoint_type, starts_on=today, ends_on=draft.expires_on, by=by, **values
    )
    request_planning(firm_id=by.firm_id, client_id=client.pk)
    return exception


def _errors(draft: ExceptionDraft, *, touchpoint_type: TouchpointType, today: date, firm_id: int) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not draft.reason.strip():
        errors["reason"] = _("Say why this client is served otherwise.")
    if not today < draft.expires_on <= today + LONGEST:
        errors["expires_on"] = _("Choose a day after today, within two years.")
    if touchpoint_type.key == REACTIVE:
        errors["__all__"] = _("Answering is the same for every client.")
    if draft.is_nothing:
        return errors
    if draft.times is not None and not 1 <= draft.times <= MOST_TIMES:
        errors["times"] = _("From once to 52 times a year. For nothing at all, say so.")
    if draft.minutes is not None and draft.minutes < 0:
        errors["minutes"] = _("Minutes cannot be negative.")
    elif draft.minutes is not None and draft.minutes > MINUTES_A_DAY:
        errors["minutes"] = _("There are 1,440 minutes in a day.")
    if draft.channel and draft.channel not in Channel.values:
        errors["channel"] = _("Unknown channel.")
    if draft.own_channel_id is not None:
        own = FirmChannel.objects.filter(firm_id=firm_id, pk=draft.own_channel_id, counts_as=draft.channel)
        if not own.exists():
            errors["channel"] = _("Unknown channel.")
    if draft.performer and draft.performer not in Performer.values:
        errors["performer"] = _("Unknown role.")
    if draft.times is None and draft.minutes is None and not draft.channel and not draft.performer:
        errors["times"] = _("Say at least one thing that differs.")
    return errors


@transaction.atomic
def end_exception(*, exception: PromiseException, by: User) -> None:
    """Return to what the segment and the profile say, from today on. Raises NoException when it no longer holds."""
    today = firm_today(by.firm_id)
    held = PromiseException.objects.filter(firm_id=by.firm_id, pk=exception.pk, starts_on__lte=today, ends_on__gt=today)
    if not held.update(ends_on=today, ended_by=by):
        raise NoException
    request_planning(firm_id=by.firm_id, client_id=exception.client_id)


def visible_exceptions(user: User) -> QuerySet[PromiseException]:
    """Exceptions ever made for the clients this user may see."""
    return PromiseException.objects.filter(firm_id=user.firm_id, client__in=visible_to(user))


def current_exceptions(user: User, *, on: date) -> QuerySet[PromiseException]:
    """Those in force for the clients this user may see, the next to end first."""
    served = visible_to(user).filter(archived_at=None)
    found = exceptions_in_force(firm_id=user.firm_id, on=on).filter(client__in=served)
    return found.select_related("client__adviser", "touchpoint_type", "own_channel", "by").order_by("ends_on", "pk")


def exception_parts(exception: PromiseException) -> list[str]:
    """What differs, in words."""
    if exception.is_nothing:
        return [_("nothing at all")]
    parts: Sequence[tuple[object, str]] = (
        (exception.times, f"{exception.times} ×"),
        (exception.channel, exception.channel_name),
        (exception.performer, str(exception.get_performer_display())),
        (exception.minutes is not None, f"{exception.minutes} min"),
    )
    return [words for said, words in parts if said]
