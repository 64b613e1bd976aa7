"""One decision for many touchpoints, by the names that the page and the API both use."""

from collections.abc import Collection, Mapping
from typing import Any

from firms.models import User
from touchpoints.queue import Handled, complete_emails, reassign_touchpoints, skip_touchpoints, snooze_touchpoints

# One request's worth: each completed e-mail is an interaction with its history.
MOST_AT_ONCE = 200


def handle_many(*, act: str, ids: Collection[int], by: User, said: Mapping[str, Any]) -> Handled:
    """`act` is complete (e-mails alone), snooze (`until`), skip (`reason`) or reassign (`to`, None for nobody in particular). `ids` are
    of touchpoints this user sees. Raises ReasonMissing."""
    match act:
        case "complete":
            return complete_emails(ids=ids, by=by)
        case "snooze":
            return snooze_touchpoints(ids=ids, by=by, until=said["until"])
        case "skip":
            return skip_touchpoints(ids=ids, by=by, reason=said["reason"])
        case "reassign":
            return reassign_touchpoints(ids=ids, by=by, to=said["to"])
    raise LookupError(act)
