"""What a version changes of another, cell by cell and in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _

from firms import formats
from firms.models import Firm
from segmentation.models import Segment
from service_matrix.anchors import Anchor
from service_matrix.models import FirmChannel, MatrixVersion, ProfileRule, Promise, TouchpointType
from service_matrix.promises import TERMS, PromiseTerms
from service_matrix.wording import overlay_words, rule_scope, rule_words

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


@dataclass(frozen=True)
class CellChange:
    """One cell that differs: `kind` is added, removed or changed. Its firm says how figures are written."""

    firm: Firm
    touchpoint_type: TouchpointType
    segment: Segment
    before: Promise | None
    after: Promise | None

    @property
    def words(self) -> list[str]:
        """Each difference, what it was before what it becomes."""
        return difference_words(self.before, self.after, firm=self.firm)

    @property
    def kind(self) -> str:
        return ADDED if self.before is None else REMOVED if self.after is None else CHANGED

    @property
    def before_words(self) -> str:
        return self.before.words if self.before is not None else ""


@dataclass(frozen=True)
class ProfileChange:
    """What a profile changes of promises otherwise than before, in words; empty before for what is new, after for what is gone."""

    profile: Segment
    scope: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    cells: list[CellChange]
    # Minutes of answering, before and after, where they differ.
    answering: tuple[int, int] | None
    # Whose segments are the profiles and how far they may go, before and after, where it differs.
    overlay: tuple[str, str] | None = None
    profiles: list[ProfileChange] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.cells or self.answering or self.overlay or self.profiles)


def compare_versions(*, before: MatrixVersion, after: MatrixVersion) -> Difference:
    """What `after` changes of `before`, by touchpoint type, then segment. Two statements, three more where profiles change promises.

    `after` comes with its firm.
    """
    segments = list(Segment.objects.filter(firm_id=after.firm_id, scheme_id=after.scheme_id).order_by("rank"))
    rows = Promise.objects.filter(firm_id=after.firm_id, version__in=[before, after]).select_related("touchpoint_type", "own_channel")
    promises = list(rows.order_by("touchpoint_type"))
    types = list({promise.touchpoint_type_id: promise.touchpoint_type for promise in promises}.values())
    at = {
        version.pk: {(promise.touchpoint_type_id, promise.segment_id): promise for promise in promises if promise.version_id == version.pk}
        for version in (before, after)
    }
    answering = (before.reactive_minutes, after.reactive_minutes)
    return Difference(
        compare_cells(firm=after.firm, types=types, segments=segments, before=at[before.pk], after=at[after.pk]),
        answering if answering[0] != answering[1] else None,
        *_compare_overlays(before, after),
    )


def _compare_overlays(before: MatrixVersion, after: MatrixVersion) -> tuple[tuple[str, str] | None, list[ProfileChange]]:
    if before.overlay_id is None and after.overlay_id is None:
        return None, []
    said = overlay_words(before) or _("none"), overlay_words(after) or _("none")
    rows = ProfileRule.objects.filter(firm_id=after.firm_id, version__in=[before, after])
    at: dict[int, dict[tuple[int, int | None, str], ProfileRule]] = {before.pk: {}, after.pk: {}}
    for rule in rows.select_related("profile", "touchpoint_type", "own_channel").order_by("profile__rank", "pk"):
        at[rule.version_id][rule.profile_id, rule.touchpoint_type_id, rule.of_channel] = rule
    found = []
    for key in dict.fromkeys((*at[before.pk], *at[after.pk])):
        old, new = at[before.pk].get(key), at[after.pk].get(key)
        words = [rule_words(rule) if rule is not None else "" for rule in (old, new)]
        either = new or old
        if either is not None and words[0] != words[1]:
            found.append(ProfileChange(either.profile, rule_scope(either), *words))
    return said if said[0] != said[1] else None, found


def compare_cells(
    *,
    firm: Firm,
    types: Sequence[TouchpointType],
    segments: Sequence[Segment],
    before: Mapping[tuple[int, int], Promise],
    after: Mapping[tuple[int, int], Promise],
) -> list[CellChange]:
    """The cells that differ, of promises by type and segment."""
    found = []
    for each in types:
        for segment in segments:
            old, new = before.get((each.pk, segment.pk)), after.get((each.pk, segment.pk))
            if _said(old) != _said(new):
                found.append(CellChange(firm, each, segment, old, new))
    return found


_SAID = attrgetter(*TERMS)


def _said(promise: Promise | None) -> Any:
    return _SAID(promise) if promise is not None else None


def promise_saying(kind: TouchpointType, terms: PromiseTerms, channels: Mapping[int, FirmChannel]) -> Promise:
    """Terms as a row that is never saved, for its words."""
    values = {name: getattr(terms, name) for name in TERMS if name != "own_channel_id"}
    own = channels.get(terms.own_channel_id) if terms.own_channel_id is not None else None
    return Promise(touchpoint_type=kind, own_channel=own, **values)


def difference_words(old: Promise | None, new: Promise | None, *, firm: Firm) -> list[str]:
    """What became of a cell, in the active language, figures as the firm's people write them; nothing when it says the same."""
    if old is None or new is None:
        return (
            [_("now promised: %(promise)s") % {"promise": new.words}]
            if new
            else ([_("no longer promised: %(promise)s") % {"promise": old.words}] if old else [])
        )
    spread = str(Anchor.SPREAD.label)
    locale = formats.babel_locale(firm.region)

    def number(value: int) -> str:
        return formats.number(value, locale=locale)

    def money(value: Decimal) -> str:
        return formats.money(value, currency=firm.currency, locale=locale, cents=True)

    named = (
        (_("how often"), old.frequency, new.frequency),
        (_("channel"), old.channel_name, new.channel_name),
        (_("done by"), old.performer_name, new.performer_name),
        (_("minutes"), number(old.minutes), number(new.minutes)),
        (_("direct cost"), money(old.direct_cost), money(new.direct_cost)),
        (_("booked ahead (days)"), number(old.lead_days), number(new.lead_days)),
        (_("window (days)"), number(old.window_days), number(new.window_days)),
        (_("when in the year"), old.falls or spread, new.falls or spread),
        (_("note"), old.note or "–", new.note or "–"),
    )
    words = _("%(name)s: %(before)s → %(after)s")
    return [words % {"name": name, "before": before, "after": after} for name, before, after in named if before != after]
