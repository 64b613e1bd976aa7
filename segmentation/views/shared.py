"""What several of this room's pages begin with."""

from django.http import QueryDict
from django.utils.translation import gettext as _

from advisory_crm import charts
from firms import formats
from firms.guard import FirmRequest
from firms.row_numbers import read_row_number
from segmentation.models import Scheme, SchemeVersion, Segment
from segmentation.queries import versions_of
from segmentation.rules import segments_by_rank

DRAFT, PUBLISHED = SchemeVersion.Status.DRAFT, SchemeVersion.Status.PUBLISHED


def draft_of(request: FirmRequest, scheme: Scheme) -> SchemeVersion | None:
    return versions_of(request.user).filter(scheme=scheme, status=DRAFT).first()


def segments_of(scheme: Scheme) -> list[Segment]:
    return list(segments_by_rank(scheme.pk, firm_id=scheme.firm_id))


def counts_chart(request: FirmRequest, segments: list[Segment], counts: dict[int, int]) -> str:
    locale = formats.babel_locale(request.firm.region)
    total = sum(counts.get(segment.pk, 0) for segment in segments)
    if not total:
        return ""
    parts = []
    for segment in segments:
        count = counts.get(segment.pk, 0)
        text = f"{formats.number(count, locale=locale)} ({formats.percent(count / total, locale=locale)})"
        parts.append(charts.Part(label=segment.name, value=count, text=text, fill=min(segment.rank, 6)))
    return charts.stacked_bar(title=_("Clients by segment"), parts=parts)


def number_in(query: QueryDict, name: str) -> int | None:
    """The number of a row in the address; what is none is nothing."""
    return read_row_number(query.get(name, ""))
