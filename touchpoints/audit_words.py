"""The service audit in words and numbers: what its page, its exports, its command and the API have in common."""

from typing import Any

from babel import Locale
from babel.dates import format_date
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advisory_crm import charts
from firms import formats
from touchpoints.audit import Audit, Met
from touchpoints.fates import Counts, tone_of

_FILLS = {"value": "neutral", "good": "good", "warn": "warn", "bad": "bad"}


def answer(met: Met, *, locale: Locale) -> str:
    """Did I meet every client I was supposed to meet? In one sentence."""
    told = {"supposed": formats.number(met.supposed, locale=locale), "missed": formats.number(met.missed, locale=locale)}
    told["late"] = formats.number(met.late, locale=locale)
    if not met.supposed:
        return _("No client was to be met or called in this period yet.")
    if met.missed:
        return (
            ngettext(
                "No: of %(supposed)s clients who were to be met or called, %(missed)s went without a meeting or call that was promised.",
                "No: of %(supposed)s clients who were to be met or called, %(missed)s went without a meeting or call that was promised.",
                met.missed,
            )
            % told
        )
    if met.late:
        return (
            ngettext(
                "Yes, every one of the %(supposed)s clients who were to be met or called was, but %(late)s of them late.",
                "Yes, every one of the %(supposed)s clients who were to be met or called was, but %(late)s of them late.",
                met.late,
            )
            % told
        )
    return (
        ngettext(
            "Yes: the one client who was to be met or called was, in time.",
            "Yes: every one of the %(supposed)s clients who were to be met or called was, in time.",
            met.supposed,
        )
        % told
    )


def tone_of_answer(met: Met) -> str:
    return "info" if not met.supposed else "bad" if met.missed else "warn" if met.late else "good"


def share_words(counts: Counts, *, locale: Locale) -> str:
    return "–" if counts.share is None else formats.exact_percent(counts.share, locale=locale)


def of_decided(counts: Counts, *, locale: Locale) -> str:
    """ "48 of 50", or nothing."""
    if not counts.decided:
        return ""
    return _("%(kept)s of %(decided)s") % {
        "kept": formats.number(counts.on_time, locale=locale), "decided": formats.number(counts.decided, locale=locale)
    }  # fmt: skip


def draw_trend(audit: Audit, *, locale: Locale) -> SafeString:
    """The promise-kept ratio, month by month."""
    several_years = audit.period.first.year != audit.period.last.year
    moments = [
        charts.Moment(
            label=format_date(month, "MMM y" if several_years and month.month == 1 else "MMM", locale=locale),
            share=counts.share,
            text=share_words(counts, locale=locale),
            note=of_decided(counts, locale=locale),
            fill=_FILLS[tone_of(counts.share)],
        )
        for month, counts in audit.months.items()
    ]
    scale = tuple(formats.percent(share, locale=locale) for share in (0, 0.5, 1))
    return charts.trend(
        title=_("Promises kept, month by month"),
        moments=moments,
        headings=(_("Month"), _("Promises kept"), _("On time, of those kept or broken")),
        scale=(scale[0], scale[1], scale[2]),
    )


def figures(counts: Counts) -> dict[str, Any]:
    """For programs."""
    return {
        "promised": counts.promised,
        "delivered_on_time": counts.on_time,
        "delivered_late": counts.late,
        "skipped": counts.skipped,
        "missed": counts.missed,
        "open": counts.open,
        "no_longer_promised": counts.withdrawn,
        "kept_ratio": None if counts.share is None else round(counts.share, 6),
    }


def as_json(audit: Audit) -> dict[str, Any]:
    """The whole audit for programs: what the API and the command print."""
    return {
        "from": audit.period.first.isoformat(),
        "to": audit.period.last.isoformat(),
        "by": audit.by.value,
        "totals": figures(audit.totals),
        "clients": {"to_meet": audit.met.supposed, "met": audit.met.met, "missed": audit.met.missed, "late": audit.met.late},
        "months": [{"month": month.isoformat(), **figures(counts)} for month, counts in audit.months.items()],
        "lines": [{"id": line.key, "name": line.name, **figures(line.counts)} for line in audit.lines],
        "next": str(audit.following) if audit.following else None,
    }
