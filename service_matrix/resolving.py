"""What a promise becomes for a client: as its segment says, as its relational profile changes it, as an exception changes that (docs/overlay.md).

This is the reference, one promise at a time. `entitlements.py` says the same in SQL for a whole book, and a property test holds the two equal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from service_matrix.anchors import YEARLY, Anchor, Unit, times_of_interval
from service_matrix.models import Spacing, TouchpointType
from service_matrix.promises import MOST_TIMES, PromiseTerms, usual_window

# What a promise may hang on and yet be spread over the year when a profile asks for it; a birthday or an event stays where it is.
MOVABLE = frozenset({Anchor.MONTH.value, Anchor.DATE.value, Anchor.REVIEW_MONTH.value})


class Rule(Protocol):
    """What a profile says, as far as terms go (models.ProfileRule)."""

    touchpoint_type_id: int | None
    of_channel: str
    channel: str
    own_channel_id: int | None
    initiative: str
    spacing: str
    times_change: int | None


R = TypeVar("R", bound=Rule)


class Exempting(Protocol):
    """What an exception says, as far as terms go (models.PromiseException)."""

    is_nothing: bool
    times: int | None
    channel: str
    own_channel_id: int | None
    performer: str
    minutes: int | None


@dataclass(frozen=True)
class Effective:
    """The terms of one promise to one client, and who takes the first step: empty where nobody said."""

    terms: PromiseTerms
    initiative: str


@dataclass(frozen=True)
class Said:
    """What the rules that apply to one promise say together; each thing by the narrowest rule that says something of it."""

    channel: str = ""
    own_channel_id: int | None = None
    initiative: str = ""
    spacing: str = ""
    times_change: int = 0


def interval_of(times: int) -> tuple[int, str] | None:
    """The interval that a year holds exactly so many times, the longest in months, else in weeks; None where there is none (9, 11…)."""
    for most, unit in ((12, Unit.MONTHS.value), (52, Unit.WEEKS.value)):
        for every in range(most, 0, -1):
            if times_of_interval(every, unit) == times:
                return every, unit
    return None


def applies_to(rule: Rule, *, touchpoint_type_id: int, channel: str) -> bool:
    if rule.touchpoint_type_id is not None:
        return rule.touchpoint_type_id == touchpoint_type_id
    return rule.of_channel in {"", channel}


def breadth_of(rule: Rule) -> int:
    """0 for one touchpoint type, 1 for one channel, 2 for every promise: the narrowest is heard first."""
    return 0 if rule.touchpoint_type_id is not None else 1 if rule.of_channel else 2


def rules_for(rules: Sequence[R], *, touchpoint_type_id: int, channel: str) -> list[R]:
    """Those of one profile that apply to a promise, the narrowest first."""
    return sorted((rule for rule in rules if applies_to(rule, touchpoint_type_id=touchpoint_type_id, channel=channel)), key=breadth_of)


def speaking(rules: Sequence[Rule], says: Callable[[Any], bool]) -> Any:
    """The first rule that says something of it."""
    return next((rule for rule in rules if says(rule)), None)


def heard(rules: Sequence[Rule]) -> Said:
    """What rules in order of breadth say together."""
    channel = speaking(rules, lambda rule: rule.channel)
    initiative = speaking(rules, lambda rule: rule.initiative)
    spacing = speaking(rules, lambda rule: rule.spacing)
    change = speaking(rules, lambda rule: rule.times_change is not None)
    return Said(
        channel=channel.channel if channel else "",
        own_channel_id=channel.own_channel_id if channel else None,
        initiative=initiative.initiative if initiative else "",
        spacing=spacing.spacing if spacing else "",
        times_change=change.times_change if change else 0,
    )


def adapt_terms(terms: PromiseTerms, *, rules: Sequence[Rule], touchpoint_type_id: int, initiative: str = "") -> Effective:
    """A segment's promise as a profile changes it. A profile never takes a promise away: at least once a year stays."""
    said = heard(rules_for(rules, touchpoint_type_id=touchpoint_type_id, channel=terms.channel))
    if said.channel:
        terms = replace(terms, channel=said.channel, own_channel_id=said.own_channel_id)
    if said.spacing == Spacing.EVENLY:
        terms = _without_interval(_spread(terms) if terms.anchor in MOVABLE else terms)
    if said.times_change and terms.anchor == Anchor.SPREAD:
        terms = _with_times(terms, said.times_change)
    if said.spacing == Spacing.REVIEW and terms.times == 1 and terms.times_at_most in {None, 1} and terms.anchor in {*MOVABLE, Anchor.SPREAD}:
        terms = _without_interval(replace(_spread(terms), anchor=Anchor.REVIEW_MONTH.value))
    if said.spacing == Spacing.ROLLING and terms.anchor == Anchor.SPREAD and terms.every is None and terms.times_at_most is None:
        terms = _counted_from_last(terms)
    return Effective(_within_interval(terms), said.initiative or initiative)


def except_terms(adapted: Effective | None, *, exception: Exempting, touchpoint_type: TouchpointType) -> Effective | None:
    """The promise as an exception changes it; None when nothing is promised.

    Where the segment promises nothing of this type, an exception that says how often promises it, as the type is usually done.
    """
    if exception.is_nothing or (adapted is None and exception.times is None):
        return None
    if adapted is None:
        adapted = Effective(
            PromiseTerms(
                times=exception.times or 1,
                channel=touchpoint_type.channel,
                performer=touchpoint_type.performer,
                minutes=touchpoint_type.minutes,
                window_days=usual_window(exception.times or 1),
                direct_cost=touchpoint_type.direct_cost,
            ),
            "",
        )
    terms = adapted.terms
    if exception.times is not None:
        terms = _without_interval(replace(terms, times=exception.times, times_at_most=None))
        if terms.anchor in YEARLY and exception.times != 1:
            terms = _spread(terms)
    if exception.channel:
        terms = replace(terms, channel=exception.channel, own_channel_id=exception.own_channel_id)
    if exception.performer:
        terms = replace(terms, performer=exception.performer)
    if exception.minutes is not None:
        terms = replace(terms, minutes=exception.minutes)
    return Effective(_within_interval(terms), adapted.initiative)


def _spread(terms: PromiseTerms) -> PromiseTerms:
    return replace(terms, anchor=Anchor.SPREAD.value, anchor_month=None, anchor_day=None, anchor_event="", anchor_days=None)


def _without_interval(terms: PromiseTerms) -> PromiseTerms:
    return replace(terms, every=None, every_unit="")


def _counted_from_last(terms: PromiseTerms) -> PromiseTerms:
    """So many times a year as an interval, where one holds exactly as many; spread evenly otherwise."""
    every, unit = interval_of(terms.times) or (None, "")
    return replace(terms, every=every, every_unit=unit)


def _with_times(terms: PromiseTerms, change: int) -> PromiseTerms:
    times = min(max(terms.times + change, 1), MOST_TIMES)
    most = None if terms.times_at_most is None else min(max(terms.times_at_most + change, times), MOST_TIMES)
    changed = replace(terms, times=times, times_at_most=most)
    return _counted_from_last(changed) if terms.every is not None and times != terms.times else changed


def _within_interval(terms: PromiseTerms) -> PromiseTerms:
    """A window closes before the next occurrence falls due."""
    longest = terms.interval_days - 1
    return terms if terms.window_days <= longest else replace(terms, window_days=longest)
