"""A scheme made from another one: its segments and its rules, to be changed without touching the first."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from django.db import transaction

from clients.conditions import ConditionsRefused
from firms.models import User
from segmentation.locking import lock_scheme
from segmentation.models import Cut, Scheme, SchemeVersion, Segment
from segmentation.rules import Rules, conditions_as_written, load_rules, write_rules

Status = SchemeVersion.Status
# What a clone begins with, the first that is there: what is in force, or is being written, or is decided for later.
_ORIGINS = (Status.PUBLISHED, Status.DRAFT, Status.SCHEDULED)
_COPIED = ("rank", "name_en", "name_fr", "description_en", "description_fr", *Segment.STYLE)


@transaction.atomic
def clone_scheme(*, scheme: Scheme, by: User) -> SchemeVersion:
    """A new scheme with copies of the segments, how they are served included, and a draft with the same rules. Returns the draft.

    The clone is an overlay where a person decides who moves, whatever the first is, and nobody is placed before it is published.
    Raises Scheme.DoesNotExist for a scheme of another firm.
    """
    scheme = lock_scheme(scheme.pk, firm_id=by.firm_id)
    name_en, name_fr = _free_names(scheme)
    clone = Scheme.objects.create(name_en=name_en, name_fr=name_fr, preset=scheme.preset)
    segments = list(Segment.objects.filter(firm_id=scheme.firm_id, scheme=scheme).order_by("rank"))
    copies = Segment.objects.bulk_create(Segment(scheme=clone, **{name: getattr(segment, name) for name in _COPIED}) for segment in segments)
    draft = SchemeVersion.objects.create(scheme=clone, number=1)
    origin = _origin(scheme)
    if origin is not None:
        _copy_rules(origin, draft, {segment.pk: copy.pk for segment, copy in zip(segments, copies, strict=True)})
    return draft


def _origin(scheme: Scheme) -> SchemeVersion | None:
    found = {version.status: version for version in SchemeVersion.objects.filter(firm_id=scheme.firm_id, scheme=scheme, status__in=_ORIGINS)}
    return next((found[status] for status in _ORIGINS if status in found), None)


def _copy_rules(origin: SchemeVersion, draft: SchemeVersion, copies: Mapping[int, int]) -> None:
    """Conditions that the firm's attributes no longer allow are copied as they are written: the editor shows them to be mended."""
    try:
        write_rules(version=draft, rules=with_segments(load_rules(origin), copies))
    except ConditionsRefused:
        write_rules(version=draft, rules=with_segments(load_rules(origin, with_conditions=False), copies))
        for segment_id, written in conditions_as_written(origin).items():
            Cut.objects.filter(firm_id=draft.firm_id, version=draft, segment_id=copies[segment_id]).update(conditions=written)


def with_segments(rules: Rules, copies: Mapping[int, int]) -> Rules:
    """The same rules over other segments."""
    plane = rules.plane
    return replace(
        rules,
        cuts=tuple(replace(cut, segment_id=copies[cut.segment_id]) for cut in rules.cuts),
        plane=None if plane is None else replace(plane, cells=tuple(tuple(copies[cell] for cell in row) for row in plane.cells)),
        fallback=None if rules.fallback is None else copies[rules.fallback],
    )


def _free_names(scheme: Scheme) -> tuple[str, str]:
    """The scheme's names marked as a copy, and numbered after the first: (English, French)."""
    taken = set(Scheme.objects.filter(firm_id=scheme.firm_id).values_list("name_en", flat=True))
    for number in count(1):
        nth = "" if number == 1 else f" {number}"
        name_en, name_fr = _marked(scheme.name_en, f" (copy{nth})"), _marked(scheme.name_fr, f" (copie{nth})")
        if name_en not in taken:
            break
    return name_en, name_fr


def _marked(name: str, mark: str) -> str:
    most: int = Scheme._meta.get_field("name_en").max_length or 0
    return f"{name[: most - len(mark)].rstrip()}{mark}"
