"""What the yearly review of a scheme asks of this room: is the service delivered consistently?"""

from datetime import date

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from firms import formats
from firms.models import Firm
from segmentation.models import Scheme
from segmentation.yearly import Figure
from touchpoints.models import Status, Touchpoint

GOOD_SHARE, FAIR_SHARE = 0.95, 0.8


def promises_kept_by_segment(scheme: Scheme, firm: Firm, first: date, last: date) -> list[Figure]:
    """Of the touchpoints due in these months whose fate is known, the share delivered: in all and segment by segment. One statement."""
    rows = (
        Touchpoint.objects.filter(firm_id=firm.pk, segment__scheme=scheme, due_on__gt=first, due_on__lte=last)
        .order_by("segment__rank")
        .values("segment__rank", "segment__name_en", "segment__name_fr")
        .annotate(done=Count("pk", filter=Q(status=Status.DONE)), missed=Count("pk", filter=Q(status=Status.MISSED)))
    )
    locale = formats.babel_locale(firm.region)

    def figure(label: str, done: int, missed: int) -> Figure:
        share = done / (done + missed)
        tone = "good" if share >= GOOD_SHARE else "warn" if share >= FAIR_SHARE else "bad"
        told = {
            "share": formats.percent(share, locale=locale),
            "done": formats.number(done, locale=locale),
            "missed": formats.number(missed, locale=locale),
        }
        return Figure(label, _("%(share)s (%(done)s delivered, %(missed)s missed)") % told, tone)

    known = [row for row in rows if row["done"] + row["missed"]]
    if not known:
        return []
    figures = [figure(_("Promises kept"), sum(row["done"] for row in known), sum(row["missed"] for row in known))]
    for row in known:
        name = formats.in_language(en=row["segment__name_en"], fr=row["segment__name_fr"])
        figures.append(figure(_("Promises kept in %(segment)s") % {"segment": name}, row["done"], row["missed"]))
    return figures
