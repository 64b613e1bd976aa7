"""What the frame around every page needs."""

from functools import cache, partial
from typing import Any

from django.http import HttpRequest

from firms import navigation
from firms.counting import count_for_frame, frame_count_names
from firms.permissions import Permission


class May:
    """Permissions in templates: `{% if may.edit_clients %}`."""

    def __init__(self, request: HttpRequest) -> None:
        self.user = getattr(request, "user", None)

    def __getitem__(self, name: str) -> bool:
        return bool(self.user and self.user.is_authenticated and self.user.may(Permission(name)))


def frame(request: HttpRequest) -> dict[str, Any]:
    """Lazy where it costs: a fragment has no frame around it."""
    counts = cache(partial(count_for_frame, getattr(request, "user", None)))

    def count_of(name: str) -> int:
        return counts().get(name, 0)

    return {
        **{name: partial(count_of, name) for name in frame_count_names()},
        "may": May(request),
        "firm": getattr(request, "firm", None),
        "rail": cache(partial(navigation.rail, request)),
        "frame": cache(navigation.frame_addresses),
    }
