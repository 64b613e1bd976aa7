"""Where higher rooms add to the pages about colleagues, when their app is ready: this room knows nothing of clients or touchpoints."""

from collections.abc import Callable

from firms.middleware import FirmRequest
from firms.models import User

# HTML for the page of one colleague, or of all of them (None); empty for nothing. A bounded number of statements each.
Note = Callable[[FirmRequest, User | None], str]
_notes: dict[str, Note] = {}


def register_note(key: str, note: Note) -> None:
    _notes[key] = note


def render_notes(request: FirmRequest, member: User | None = None) -> list[str]:
    return [html for note in _notes.values() if (html := note(request, member))]
