"""What one does with a touchpoint, by the names that the pages and the API both use: who it is done by and what was said go in, the domain
function that decides is called."""

from collections.abc import Callable, Mapping
from typing import Any

from firms.models import User
from touchpoints import queue
from touchpoints.models import Touchpoint

Act = Callable[[Touchpoint, User, Mapping[str, Any]], object]


def _complete(touchpoint: Touchpoint, by: User, said: Mapping[str, Any]) -> object:
    return queue.complete_touchpoint(touchpoint=touchpoint, by=by, draft=said["draft"])


def _snooze(touchpoint: Touchpoint, by: User, said: Mapping[str, Any]) -> object:
    return queue.snooze_touchpoint(touchpoint=touchpoint, by=by, until=said["until"])


def _skip(touchpoint: Touchpoint, by: User, said: Mapping[str, Any]) -> object:
    return queue.skip_touchpoint(touchpoint=touchpoint, by=by, reason=said["reason"])


def _reassign(touchpoint: Touchpoint, by: User, said: Mapping[str, Any]) -> object:
    return queue.reassign_touchpoint(touchpoint=touchpoint, by=by, to=said["to"])


def _claim(touchpoint: Touchpoint, by: User, said: Mapping[str, Any]) -> object:
    return queue.claim_touchpoint(touchpoint=touchpoint, by=by)


def _release(touchpoint: Touchpoint, by: User, said: Mapping[str, Any]) -> object:
    return queue.release_touchpoint(touchpoint=touchpoint, by=by)


ACTS: dict[str, Act] = {
    "complete": _complete, "snooze": _snooze, "skip": _skip, "reassign": _reassign, "claim": _claim, "release": _release,
}  # fmt: skip
