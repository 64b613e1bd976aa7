"""The firm's administrators are told of what needs their decision: e-mails that are held, work that was set aside."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from firms.failures import label_of_task
from firms.models import FailedTask, User
from firms.permissions import Permission, Role, permits
from messaging.models import OutboxMessage
from messaging.notices import Told, notice_kind, post_notices

HELD = "messages_held"
SET_ASIDE = "work_set_aside"


def word_held(values: Mapping[str, Any]) -> str:
    if values.get("internal"):
        # Some of them colleagues read.
        return (
            ngettext(
                "%(number)d e-mail may not have arrived: decide whether it leaves again.",
                "%(number)d e-mails may not have arrived: decide whether they leave again.",
                values["number"],
            )
            % values
        )
    return (
        ngettext(
            "%(number)d e-mail to a client may not have arrived: decide whether it leaves again.",
            "%(number)d e-mails to clients may not have arrived: decide whether they leave again.",
            values["number"],
        )
        % values
    )


def word_set_aside(values: Mapping[str, Any]) -> str:
    return gettext("“%(work)s” failed three times in a row and is set aside.") % {"work": label_of_task(values["task"])}


notice_kind(HELD, icon="mail-warning", sentence=word_held, at_once=_("When e-mails may not have arrived"))
notice_kind(SET_ASIDE, icon="timer-off", sentence=word_set_aside, at_once=_("When regular work is set aside"))


def administrators(firm_id: int) -> list[User]:
    roles = [role for role in Role.values if permits(role, Permission.MANAGE_FIRM)]
    return list(User.objects.filter(firm_id=firm_id, is_active=True, role__in=roles).order_by("pk"))


def tell_of_held(held: list[OutboxMessage]) -> None:
    """Once for each batch of e-mails that were held together."""
    if held:
        values = {"number": len(held), "internal": sum(not message.to_client for message in held)}
        first = min(message.pk for message in held)
        attempt = next(message.attempts for message in held if message.pk == first)
        post_notices(
            kind=HELD,
            told=[Told(user, f"{HELD} {first} {attempt} {user.pk}", values, reverse("outbox_list")) for user in administrators(held[0].firm_id)],
        )


def tell_of_set_aside(failure: FailedTask) -> None:
    moment = failure.set_aside_at.isoformat() if failure.set_aside_at else ""
    post_notices(
        kind=SET_ASIDE,
        told=[
            Told(user, f"{SET_ASIDE} {failure.pk} {moment} {user.pk}", {"task": failure.task}, reverse("work_set_aside"))
            for user in administrators(failure.firm_id)
        ],
    )
