"""Before someone is chosen to cover an absence: what they would take over on these days, and what of their own stands in the way."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from firms import formats
from firms.absences import AbsenceRefused, check_days
from firms.models import Absence, User


@dataclass(frozen=True)
class CoverPreview:
    """In words, each a sentence."""

    covered_by: User
    brings: list[str] = field(default_factory=list)
    clashes: list[str] = field(default_factory=list)


# The absence, which may not be written yet, adds to the preview what a higher room knows.
CoverPreviewer = Callable[[Absence, CoverPreview], None]
_previewers: list[CoverPreviewer] = []


def preview_covers_with(previewer: CoverPreviewer) -> None:
    """Called when a higher room's app is ready."""
    if previewer not in _previewers:
        _previewers.append(previewer)


def preview_cover(*, user: User, starts_on: date, ends_on: date, covered_by: User | None) -> CoverPreview | None:
    """`user` with its firm. None when nobody covers, or when the days are refused anyway (absences.py)."""
    if covered_by is None:
        return None
    try:
        check_days(starts_on, ends_on, firm=user.firm)
    except AbsenceRefused:
        return None
    preview = CoverPreview(covered_by)
    preview.clashes.extend(_own_absences(user, starts_on, ends_on, covered_by))
    absence = Absence(firm_id=user.firm_id, user=user, starts_on=starts_on, ends_on=ends_on, covered_by=covered_by)
    for previewer in _previewers:
        previewer(absence, preview)
    return preview


def _own_absences(user: User, starts_on: date, ends_on: date, covered_by: User) -> list[str]:
    locale = formats.babel_locale(user.firm.region)
    away = Absence.objects.filter(firm_id=user.firm_id, user=covered_by, starts_on__lte=ends_on, ends_on__gte=starts_on)
    said = []
    for absence in away.order_by("starts_on", "pk"):
        first, last = (formats.day(day, locale=locale) for day in (absence.starts_on, absence.ends_on))
        words = _("%(name)s is away on %(first)s.") if first == last else _("%(name)s is away from %(first)s to %(last)s.")
        said.append(words % {"name": covered_by, "first": first, "last": last})
    return said
