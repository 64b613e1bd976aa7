"""What a touchpoint says to its client: the type's message with its fields filled in, in the client's language."""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from django.utils import translation

from firms import formats
from firms.calendar import working_day_from
from firms.models import Firm
from service_matrix.letters import MERGE_FIELDS
from touchpoints.models import Touchpoint


@dataclass(frozen=True)
class FilledLetter:
    subject: str
    message: str

    def mailto(self, address: str) -> str:
        """Opens the reader's own e-mail program with everything written."""
        return f"mailto:{quote(address)}?subject={quote(self.subject)}&body={quote(self.message)}"


def letter_for(touchpoint: Touchpoint, *, on: date, firm: Firm | None = None) -> FilledLetter | None:
    """The letter of a touchpoint read with its client, adviser and type; None when its type has none in the client's language.

    Its date is the day the touchpoint is due; once that is past (`on` is today), the first working day from today: nobody is invited to last week.
    """
    kind, client = touchpoint.touchpoint_type, touchpoint.client
    french = client.language == "fr"
    subject, message = (kind.subject_fr, kind.message_fr) if french else (kind.subject_en, kind.message_en)
    if not message.strip():
        return None
    firm = firm or touchpoint.adviser.firm
    day = touchpoint.due_on if touchpoint.due_on >= on else working_day_from(firm, on)
    values = dict(zip(MERGE_FIELDS, (client.name, touchpoint.adviser.name, firm.name, _date(day, client.language, firm)), strict=True))

    def fill(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)

    return FilledLetter(fill(subject), fill(message))


def _date(day: date, language: str, firm: Firm) -> str:
    with translation.override(language):
        return formats.day(day, locale=formats.babel_locale(firm.region), style="long")
