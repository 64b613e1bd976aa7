"""Schemes to start from, as practitioners in Québec and France use them. Figures and segment descriptions: docs of the field (D1, section 6).

A preset becomes an ordinary draft: every figure can be changed before it is published.
"""

from decimal import Decimal

from django.db import transaction

from segmentation.models import Axis, Scale, Scheme, SchemeVersion, Segment
from segmentation.presets import planes, ruled, scored
from segmentation.presets.shapes import Preset, PresetCriterion, PresetPlane, PresetSegment, UnknownPreset
from segmentation.rules import BandRule, CriterionRule, CutRule, Plane, Rules, with_stated_criteria, write_rules

# Of a scheme of the firm's own.
FEWEST_LEVELS, MOST_LEVELS = 2, 6
VIP, AAA, PREMIUM = scored.VIP, scored.AAA, scored.PREMIUM
PRESETS: tuple[Preset, ...] = (
    VIP, AAA, PREMIUM, scored.VIP_WITH_FLOOR, ruled.VIP_BY_WEALTH, ruled.ABCD_ATTRIBUTES, ruled.ABCD_STRATEGY, ruled.GAP,
    planes.VALUE_POTENTIAL, planes.RELATIONAL,
)  # fmt: skip


def preset(key: str) -> Preset:
    """By its key, or by the first word of it: "vip"."""
    for found in PRESETS:
        if key.lower() in {found.key, found.key.partition("_")[0]}:
            return found
    raise UnknownPreset(key)


@transaction.atomic
def create_from_preset(chosen: Preset) -> SchemeVersion:
    """A new scheme with its segments and a draft that holds the preset's rules, in the firm of this transaction."""
    scheme = Scheme.objects.create(name_en=chosen.name[0], name_fr=chosen.name[1], preset=chosen.key)
    segments = Segment.objects.bulk_create(
        Segment(
            scheme=scheme,
            rank=rank,
            name_en=segment.name[0],
            name_fr=segment.name[1],
            description_en=segment.description[0],
            description_fr=segment.description[1],
            **segment.style,
        )
        for rank, segment in enumerate(chosen.segments, start=1)
    )
    draft = SchemeVersion.objects.create(scheme=scheme, number=1)
    write_rules(version=draft, rules=rules_of(chosen, [segment.pk for segment in segments]))
    return draft


@transaction.atomic
def create_own(*, name_en: str, name_fr: str, levels: int) -> SchemeVersion:
    """A new scheme without rules, and its first draft, in the firm of this transaction."""
    scheme = Scheme.objects.create(name_en=name_en, name_fr=name_fr)
    letters = "ABCDEFGH"[:levels]
    segments = Segment.objects.bulk_create(
        Segment(scheme=scheme, rank=rank, name_en=letter, name_fr=letter) for rank, letter in enumerate(letters, 1)
    )
    draft = SchemeVersion.objects.create(scheme=scheme, number=1)
    step = Decimal(100) / levels
    cuts = tuple(
        CutRule(segment_id=segment.pk, least_score=Decimal(round(100 - step * rank)) if rank < levels else Decimal(0))
        for rank, segment in enumerate(segments, 1)
    )
    write_rules(version=draft, rules=Rules(cuts=cuts))
    return draft


def rules_of(chosen: Preset, segment_ids: list[int]) -> Rules:
    rules = Rules(
        method=chosen.method,
        missing=chosen.missing,
        winner=chosen.winner,
        plane=None if chosen.plane is None else _plane(chosen.plane, segment_ids),
        criteria=(
            *(_criterion(number, criterion) for number, criterion in enumerate(chosen.criteria)),
            *(
                CriterionRule(
                    key=f"stated-{key}", attribute=key, weight=Decimal(0), axis=Axis.STATED, definition_en=definition[0], definition_fr=definition[1]
                )
                for key, definition in chosen.definitions.items()
            ),
        ),
        cuts=tuple(
            CutRule(
                segment_id=segment_id,
                least_score=None if segment.least_score is None else Decimal(segment.least_score),
                quota=None if segment.quota is None else Decimal(segment.quota),
                conditions=segment.conditions,
            )
            for segment_id, segment in zip(segment_ids, chosen.segments, strict=True)
        ),
    )
    return with_stated_criteria(rules)


def _criterion(number: int, criterion: PresetCriterion) -> CriterionRule:
    zero, full = (None, None) if criterion.ends is None else map(Decimal, criterion.ends)
    return CriterionRule(
        key=str(number),
        attribute=criterion.attribute,
        weight=Decimal(criterion.weight),
        axis=criterion.axis,
        scale=Scale.BANDS if criterion.ends is None else Scale.LINEAR,
        bands=_bands(criterion.steps) if criterion.ends is None else (),
        zero_at=zero,
        full_at=full,
        definition_en=criterion.definition[0],
        definition_fr=criterion.definition[1],
    )


def _plane(plane: PresetPlane, segment_ids: list[int]) -> Plane:
    return Plane(
        x_cuts=tuple(map(Decimal, plane.x_cuts)),
        y_cuts=tuple(map(Decimal, plane.y_cuts)),
        cells=tuple(tuple(segment_ids[place] for place in row) for row in plane.cells),
        x_name_en=plane.x_name[0],
        x_name_fr=plane.x_name[1],
        y_name_en=plane.y_name[0],
        y_name_fr=plane.y_name[1],
    )


def _bands(steps: tuple[tuple[str | None, int], ...]) -> tuple[BandRule, ...]:
    ends = [*(lower for lower, _points in steps[1:]), None]
    return tuple(
        BandRule(points=Decimal(points), lower=None if lower is None else Decimal(lower), upper=None if upper is None else Decimal(upper))
        for (lower, points), upper in zip(steps, ends, strict=True)
    )


__all__ = ["PRESETS", "Preset", "PresetSegment", "UnknownPreset", "create_from_preset", "create_own", "preset", "rules_of"]
