"""The rules of docs/service-audit.md in plain Python: slow, obvious, and apart from the engine."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from clients.models import Interaction
from firms.models import Firm
from touchpoints.models import Touchpoint


def local_day(moment: datetime, firm: Firm) -> date:
    return moment.astimezone(ZoneInfo(firm.time_zone)).date()


def fate(touchpoint: Touchpoint, firm: Firm, today: date) -> str:
    if touchpoint.status == "cancelled":
        return "withdrawn"
    if touchpoint.status in ("skipped", "missed"):
        return touchpoint.status
    if touchpoint.status == "done":
        days = []
        if touchpoint.closed_at is not None:
            days.append(local_day(touchpoint.closed_at, firm))
        for interaction in Interaction.objects.filter(pk=touchpoint.interaction_id or 0):
            days.append(local_day(interaction.happened_at, firm))
        return "on_time" if days and min(days) <= touchpoint.window_ends_on else "late"
    return "missed" if touchpoint.window_ends_on < today else "open"


@dataclass
class Expected:
    totals: Counter[str]
    months: dict[date, Counter[str]]
    groups: dict[Any, Counter[str]]
    met: tuple[int, int, int]


def expect(*, firm: Firm, first: date, last: date, today: date, key: Callable[[Touchpoint], Any], sees: Callable[[Touchpoint], bool]) -> Expected:
    """Every figure of a period, by counting touchpoints one by one."""
    expected = Expected(Counter(), {}, {}, (0, 0, 0))
    meetings: dict[int, set[str]] = {}
    for touchpoint in Touchpoint.objects.filter(firm_id=firm.pk):
        if not first <= touchpoint.due_on <= last or not sees(touchpoint):
            continue
        became = fate(touchpoint, firm, today)
        expected.totals[became] += 1
        expected.months.setdefault(touchpoint.due_on.replace(day=1), Counter())[became] += 1
        expected.groups.setdefault(key(touchpoint), Counter())[became] += 1
        if touchpoint.channel in ("in_person", "phone", "video", "event") and became in ("on_time", "late", "missed"):
            meetings.setdefault(touchpoint.client_id, set()).add(became)
    unmet = [fates for fates in meetings.values() if "missed" in fates]
    late = [fates for fates in meetings.values() if "late" in fates and "missed" not in fates]
    expected.met = (len(meetings), len(unmet), len(late))
    expected.groups = {key: counts for key, counts in expected.groups.items() if set(counts) - {"withdrawn"}}
    return expected
