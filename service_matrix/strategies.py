"""What a firm expects of each segment and serves it with (the strategy table)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from firms.models import User
from segmentation.models import Scheme, Segment
from service_matrix.models import SegmentStrategy


class InvalidStrategy(Exception):
    """The figures make no sense: `errors` says why in words, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


@dataclass(frozen=True)
class StrategyDraft:
    """Yearly revenue expected of one client, an open range without `revenue_to`; activities and technology in both languages."""

    revenue_from: Decimal | None = None
    revenue_to: Decimal | None = None
    activities_en: str = ""
    activities_fr: str = ""
    technology_en: str = ""
    technology_fr: str = ""


@transaction.atomic
def set_strategy(*, segment: Segment, draft: StrategyDraft, by: User) -> SegmentStrategy:
    """Write a segment's line of the strategy table. Raises InvalidStrategy; nothing is written then."""
    ends = {"revenue_from": draft.revenue_from, "revenue_to": draft.revenue_to}
    if negative := [name for name, amount in ends.items() if amount is not None and amount < 0]:
        raise InvalidStrategy(dict.fromkeys(negative, _("Revenue cannot be negative.")))
    if draft.revenue_to is not None and draft.revenue_from is None:
        raise InvalidStrategy({"revenue_from": _("A range needs its lower end.")})
    if draft.revenue_from is not None and draft.revenue_to is not None and draft.revenue_to < draft.revenue_from:
        raise InvalidStrategy({"revenue_to": _("A range goes from the lower figure to the higher one.")})
    strategy, _created = SegmentStrategy.objects.update_or_create(firm_id=by.firm_id, segment=segment, defaults=vars(draft))
    return strategy


@transaction.atomic
def fill_in_strategies(*, scheme: Scheme, lines: Sequence[StrategyDraft], by: User) -> None:
    """Write lines of the strategy table for a scheme's segments, rank 1 first, where the firm has none or an empty one: what it wrote stays."""
    segments = Segment.objects.filter(firm_id=by.firm_id, scheme=scheme).order_by("rank")
    rows = [SegmentStrategy(segment=segment, **vars(line)) for segment, line in zip(segments[: len(lines)], lines, strict=False)]
    empty = SegmentStrategy.objects.filter(firm_id=by.firm_id, **vars(StrategyDraft()))
    for row, line in zip(rows, lines, strict=False):
        empty.filter(segment=row.segment_id).update(**vars(line))
    SegmentStrategy.objects.bulk_create(rows, ignore_conflicts=True)
