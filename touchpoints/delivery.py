"""What the yearly review of a scheme asks of this room: is the service delivered consistently?"""

from collections import defaultdict
from datetime import date, timedelta

from django.db.models import Count
from django.utils.translation import gettext as _

from firms import formats
from firms.calendar import local_time
from firms.models import Firm
from segmentation.models import Scheme
from segmentation.yearly import Figure
from touchpoints.audit import Period, promised_in
from touchpoints.fates import Counts, with_fate
from touchpoints.models import Touchpoint


def promises_kept_by_segment(scheme: Scheme, firm: Firm, first: date, last: date) -> list[Figure]:
    """Of the touchpoints due in these months and kept or broken, the share kept: in all and segment by segment, as the service audit counts.

    One statement.
    """
    seen = Touchpoint.objects.filter(firm_id=firm.pk, segment__scheme=scheme)
    due = with_fate(promised_in(seen, Period(first + timedelta(days=1), last)), firm=firm, today=local_time(firm).date())
    rows = due.order_by("segment__rank").values_list("segment__rank", "segment__name_en", "segment__name_fr", "fate").annotate(Count("pk"))
    by_segment: dict[tuple[str, str], Counts] = defaultdict(Counts)
    for _rank, name_en, name_fr, fate, number in rows:
        by_segment[name_en, name_fr] += Counts(**{fate: number})
    locale = formats.babel_locale(firm.region)

    def figure(label: str, counts: Counts, share: float) -> Figure:
        told = {
            "share": formats.exact_percent(share, locale=locale),
            "kept": formats.number(counts.on_time, locale=locale),
            "decided": formats.number(counts.decided, locale=locale),
        }
        return Figure(label, _("%(share)s (%(kept)s of %(decided)s)") % told, counts.tone)

    figures = []
    for (name_en, name_fr), counts in by_segment.items():
        if counts.share is not None:
            name = formats.in_language(en=name_en, fr=name_fr)
            figures.append(figure(_("Promises kept in %(segment)s") % {"segment": name}, counts, counts.share))
    total = sum(by_segment.values(), Counts())
    return [figure(_("Promises kept"), total, total.share), *figures] if total.share is not None else []
