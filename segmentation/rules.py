"""The rules of one version as plain values: what scoring compiles, what the reference reads, what the editor edits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Prefetch
from django.utils.translation import gettext

from clients.attributes import CATALOGUE, Attribute, Type
from segmentation.models import Band, Criterion, Cut, Method, Missing, SchemeVersion, Segment

# Weights are kept to 1/100 of a percent, points, scores and quotas to 1/10 000: scoring works in these whole units, so it is exact.
WEIGHT_UNITS = 100
UNITS = 10_000

# What a criterion can weigh: figures by ranges, known values one by one. Free text has no list of values to give points to.
SCORABLE: tuple[Attribute, ...] = tuple(found for found in CATALOGUE if found.is_scorable and found.type is not Type.TEXT)


@dataclass(frozen=True, kw_only=True)
class BandRule:
    """Values from `lower` (included) to `upper` (excluded), None being open, or the one value `choice`, earn `points` (0–100)."""

    points: Decimal
    lower: Decimal | None = None
    upper: Decimal | None = None
    choice: str = ""


@dataclass(frozen=True, kw_only=True)
class CriterionRule:
    # What placements name it by: the criterion's id, as text.
    key: str
    attribute: str
    # Percent.
    weight: Decimal
    bands: tuple[BandRule, ...] = ()
    definition_en: str = ""
    definition_fr: str = ""

    def ordered_bands(self) -> list[BandRule]:
        """By lower end, the open one first: the first that holds a value gives its points."""
        return sorted(self.bands, key=lambda band: (band.lower is not None, band.lower or Decimal(0)))


@dataclass(frozen=True, kw_only=True)
class CutRule:
    segment_id: int
    # 0–100, for thresholds.
    least_score: Decimal | None = None
    # Percent of the book, for quotas.
    quota: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Rules:
    method: str = Method.THRESHOLDS
    missing: str = Missing.ZERO
    criteria: tuple[CriterionRule, ...] = ()
    # In order of rank; the last segment takes everyone the others do not.
    cuts: tuple[CutRule, ...] = field(default=())


def choices_of(attribute: Attribute) -> list[tuple[str, str]]:
    """The values of an attribute that earn points one by one, with their labels; empty for figures."""
    if attribute.type is Type.YES_NO:
        return [("true", gettext("Yes")), ("false", gettext("No"))]
    return attribute.choices


def load_rules(version: SchemeVersion) -> Rules:
    """Three statements, whatever the number of criteria."""
    criteria = Criterion.objects.filter(firm_id=version.firm_id, version=version).prefetch_related(
        Prefetch("bands", Band.objects.filter(firm_id=version.firm_id).order_by(F("lower").asc(nulls_first=True), "pk"))
    )
    cuts = Cut.objects.filter(firm_id=version.firm_id, version=version).order_by("segment__rank")
    return Rules(
        method=version.method,
        missing=version.missing,
        criteria=tuple(
            CriterionRule(
                key=str(criterion.pk),
                attribute=criterion.attribute,
                weight=criterion.weight,
                definition_en=criterion.definition_en,
                definition_fr=criterion.definition_fr,
                bands=tuple(BandRule(points=band.points, lower=band.lower, upper=band.upper, choice=band.choice) for band in criterion.bands.all()),
            )
            for criterion in criteria
        ),
        cuts=tuple(CutRule(segment_id=cut.segment_id, least_score=cut.least_score, quota=cut.quota) for cut in cuts),
    )


@transaction.atomic
def write_rules(*, version: SchemeVersion, rules: Rules) -> None:
    """Replace what a draft holds. The caller has made sure that it is a draft and still the one that was read."""
    Band.objects.filter(firm_id=version.firm_id, criterion__version=version).delete()
    Criterion.objects.filter(firm_id=version.firm_id, version=version).delete()
    Cut.objects.filter(firm_id=version.firm_id, version=version).delete()
    SchemeVersion.objects.filter(pk=version.pk, firm_id=version.firm_id).update(method=rules.method, missing=rules.missing)
    version.method, version.missing = rules.method, rules.missing
    Cut.objects.bulk_create(Cut(version=version, segment_id=cut.segment_id, least_score=cut.least_score, quota=cut.quota) for cut in rules.cuts)
    criteria = Criterion.objects.bulk_create(
        Criterion(
            version=version,
            position=position,
            attribute=rule.attribute,
            weight=rule.weight,
            definition_en=rule.definition_en,
            definition_fr=rule.definition_fr,
        )
        for position, rule in enumerate(rules.criteria)
    )
    Band.objects.bulk_create(
        Band(criterion=criterion, lower=band.lower, upper=band.upper, choice=band.choice, points=band.points)
        for criterion, rule in zip(criteria, rules.criteria, strict=True)
        for band in rule.bands
    )


def segments_by_rank(scheme_id: int, *, firm_id: int) -> Sequence[Segment]:
    return list(Segment.objects.filter(firm_id=firm_id, scheme_id=scheme_id).order_by("rank"))
