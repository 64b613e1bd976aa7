"""What only the real book can say against a draft: segments nobody would be in, floors too few reach, clients no rule catches.

The linter reads the rules alone (linting.py); this reads what they would do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from segmentation.linting import plain
from segmentation.models import Method, Segment, Winner
from segmentation.rules import UNITS, CutRule, Rules
from segmentation.scoring import FULL
from segmentation.whatif import WhatIf


@dataclass(frozen=True)
class Foreseen:
    message: str
    # Whether the clients meant are listed: those no rule catches.
    lists_uncaught: bool = False


def foresee(rules: Rules, found: WhatIf) -> list[Foreseen]:
    """In order of rank; nothing for a book without clients."""
    if not found.total:
        return []
    by_id = {segment.pk: segment for segment in found.segments}
    ranked = [(number, cut, by_id[cut.segment_id]) for number, cut in enumerate(rules.cuts) if cut.segment_id in by_id]
    return [
        *_empty(rules, found, ranked),
        *(_floors(rules, found, ranked) if rules.method == Method.QUOTAS else ()),
        *_uncaught(rules, found, by_id),
        *_unpromised(found),
    ]


def _empty(rules: Rules, found: WhatIf, ranked: list[tuple[int, CutRule, Segment]]) -> Iterator[Foreseen]:
    computed, reached = found.computed, 0
    last = len(rules.cuts) - 1
    for number, cut, segment in ranked:
        reached += computed[segment.pk]
        if computed[segment.pk]:
            continue
        words = {"segment": segment.name}
        if rules.method == Method.THRESHOLDS and number != last and not reached:
            message = _("No client of the book reaches %(score)s points: the rules place nobody in %(segment)s.")
            yield Foreseen(message % {**words, "score": plain(cut.least_score or Decimal(0))})
        elif rules.method == Method.RULES and number in found.meeting:
            if found.meeting[number]:
                yield Foreseen(_("Whoever meets the conditions of %(segment)s is in a segment above already: the rules place nobody there.") % words)
            else:
                yield Foreseen(_("No client of the book meets the conditions of %(segment)s.") % words)
        elif found.after.clients[segment.pk]:
            yield Foreseen(_("Only clients placed by decision would be in %(segment)s.") % words)
        else:
            yield Foreseen(_("Nobody would be in %(segment)s.") % words)


def _floors(rules: Rules, found: WhatIf, ranked: list[tuple[int, CutRule, Segment]]) -> Iterator[Foreseen]:
    """Places are counted as scoring shares them out: rounded up from the top."""
    share = before = 0
    for number, cut, segment in ranked:
        share += int((cut.quota or 0) * UNITS)
        upto = -(-found.total * share // FULL)
        places, before = upto - before, upto
        meeting = found.meeting.get(number)
        if meeting is None or meeting >= places:
            continue
        words = {"segment": segment.name, "number": meeting, "places": places}
        if rules.winner == Winner.SHARE:
            message = ngettext(
                "%(number)d client reaches the floor of %(segment)s, whose share has room for %(places)d: others fill it, by score.",
                "%(number)d clients reach the floor of %(segment)s, whose share has room for %(places)d: others fill it, by score.",
                meeting,
            )
        else:
            message = ngettext(
                "%(number)d client reaches the floor of %(segment)s, whose share has room for %(places)d: the rest stays empty.",
                "%(number)d clients reach the floor of %(segment)s, whose share has room for %(places)d: the rest stays empty.",
                meeting,
            )
        yield Foreseen(message % words)


def _uncaught(rules: Rules, found: WhatIf, by_id: dict[int, Segment]) -> Iterator[Foreseen]:
    if found.uncaught:
        words = {"number": found.uncaught, "segment": by_id[rules.rest].name}
        message = ngettext(
            "No rule catches %(number)d client, who goes to %(segment)s.",
            "No rule catches %(number)d clients, who go to %(segment)s.",
            found.uncaught,
        )
        yield Foreseen(message % words, lists_uncaught=True)


def _unpromised(found: WhatIf) -> Iterator[Foreseen]:
    if found.promised is None:
        return
    for segment in found.segments:
        if segment.pk not in found.promised and found.after.clients[segment.pk]:
            yield Foreseen(_("%(segment)s is promised nothing in the service matrix.") % {"segment": segment.name})
