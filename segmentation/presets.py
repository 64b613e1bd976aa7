"""Schemes to start from, as practitioners in Québec and France use them. Figures and segment descriptions: docs of the field (D1, section 6).

A preset becomes an ordinary draft: every figure can be changed before it is published.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from django.db import transaction

from firms.formats import in_language
from segmentation.models import Method, Missing, Scheme, SchemeVersion, Segment
from segmentation.rules import BandRule, CriterionRule, CutRule, Rules, write_rules

Bilingual: TypeAlias = tuple[str, str]


class UnknownPreset(LookupError):
    """No preset has this key."""


@dataclass(frozen=True, kw_only=True)
class PresetSegment:
    name: Bilingual
    description: Bilingual
    least_score: int | None = None
    quota: int | None = None


@dataclass(frozen=True, kw_only=True)
class PresetCriterion:
    attribute: str
    weight: int
    definition: Bilingual
    # (from, included; points), lowest first; the first band is open below, the last one above.
    steps: tuple[tuple[str | None, int], ...]


@dataclass(frozen=True, kw_only=True)
class Preset:
    key: str
    name: Bilingual
    summary: Bilingual
    suits: Bilingual
    method: Method
    missing: Missing
    segments: tuple[PresetSegment, ...]
    criteria: tuple[PresetCriterion, ...]

    @property
    def local_name(self) -> str:
        return in_language(en=self.name[0], fr=self.name[1])

    @property
    def local_summary(self) -> str:
        return in_language(en=self.summary[0], fr=self.summary[1])

    @property
    def local_suits(self) -> str:
        return in_language(en=self.suits[0], fr=self.suits[1])

    @property
    def local_segments(self) -> list[str]:
        return [in_language(en=segment.name[0], fr=segment.name[1]) for segment in self.segments]


_OUT_OF_TEN = ((None, 5), ("2", 25), ("4", 50), ("6", 75), ("8", 100))

VIP = Preset(
    key="vip_gold_silver_bronze",
    name=("VIP / Gold / Silver / Bronze", "VIP / Or / Argent / Bronze"),
    summary=(
        "Ranks the whole book by assets, potential, relationship and influence, then shares it out: the top 10% are VIP, the next 30% Gold, "
        "40% Silver, 20% Bronze.",
        "Classe tout le portefeuille selon l’actif géré, le potentiel, la relation et la prescription, puis le répartit : les 10 % de tête sont VIP, "
        "les 30 % suivants Or, 40 % Argent, 20 % Bronze.",
    ),
    suits=(
        "Suits a wealth practice that wants the size of each service level to be known in advance.",
        "Convient à un cabinet patrimonial qui veut connaître d’avance la taille de chaque niveau de service.",
    ),
    method=Method.QUOTAS,
    missing=Missing.REWEIGHT,
    segments=(
        PresetSegment(
            name=("VIP", "VIP"),
            description=(
                "Personalised premium support, priority access, exclusive events.",
                "Accompagnement premium personnalisé, accès prioritaire, événements exclusifs.",
            ),
            quota=10,
        ),
        PresetSegment(
            name=("Gold", "Or"),
            description=(
                "Structured regular follow-up, detailed reporting, pro-activity.",
                "Suivi régulier et structuré, reporting détaillé, proactivité.",
            ),
            quota=30,
        ),
        PresetSegment(
            name=("Silver", "Argent"),
            description=("Standard follow-up, summary reporting, reactive.", "Suivi standard, reporting synthétique, réactivité."),
            quota=40,
        ),
        PresetSegment(
            name=("Bronze", "Bronze"),
            description=(
                "Light follow-up, digital first, potential to develop.",
                "Suivi léger, d’abord numérique, potentiel à développer.",
            ),
            quota=20,
        ),
    ),
    criteria=(
        PresetCriterion(
            attribute="aum",
            weight=40,
            definition=(
                "Assets the client has entrusted to the firm today, all accounts and policies together.",
                "Actif confié au cabinet à ce jour, tous comptes et contrats réunis.",
            ),
            steps=((None, 5), ("25000", 15), ("50000", 30), ("100000", 45), ("250000", 65), ("500000", 85), ("1000000", 100)),
        ),
        PresetCriterion(
            attribute="potential",
            weight=25,
            definition=(
                "How much the relationship can grow within three years: assets held elsewhere, income to come, projects. 0 = none, 10 = exceptional.",
                "Ce que la relation peut apporter d’ici trois ans : avoirs détenus ailleurs, revenus à venir, projets. 0 = aucun, 10 = exceptionnel.",
            ),
            steps=_OUT_OF_TEN,
        ),
        PresetCriterion(
            attribute="relationship_quality",
            weight=20,
            definition=(
                "Trust and ease of working together, as the lead adviser judges it. 0 = strained, 10 = full trust.",
                "Confiance et facilité à travailler ensemble, selon le conseiller principal. 0 = relation tendue, 10 = confiance totale.",
            ),
            steps=_OUT_OF_TEN,
        ),
        PresetCriterion(
            attribute="prescription",
            weight=15,
            definition=(
                "Influence as a referrer: introductions made, and people of influence around the client. 0 = none, 10 = a regular source of clients.",
                "Influence comme prescripteur : présentations faites et entourage influent. 0 = aucune, 10 = source régulière de clients.",
            ),
            steps=_OUT_OF_TEN,
        ),
    ),
)

AAA = Preset(
    key="aaa_aa_a",
    name=("AAA / AA / A", "AAA / AA / A"),
    summary=(
        "Scores relationship complexity, revenue contribution, planning needs and long-term potential; 65 points and more are AAA, 40 and more AA.",
        "Note la complexité de la relation, la contribution aux revenus, les besoins de planification et le potentiel à long terme ; "
        "65 points et plus donnent AAA, 40 et plus AA.",
    ),
    suits=(
        "Suits a planning practice that wants everyone who reaches a level to be served at that level, however many they are.",
        "Convient à un cabinet de planification qui veut servir à un niveau tous ceux qui l’atteignent, quel que soit leur nombre.",
    ),
    method=Method.THRESHOLDS,
    missing=Missing.REWEIGHT,
    segments=(
        PresetSegment(
            name=("AAA", "AAA"),
            description=(
                "Quarterly check-in calls, two planning meetings, regular market updates, personal contacts all year.",
                "Appel de suivi chaque trimestre, deux rencontres de planification, point régulier sur les marchés, contacts toute l’année.",
            ),
            least_score=65,
        ),
        PresetSegment(
            name=("AA", "AA"),
            description=(
                "Half-yearly contact, one annual review, periodic educational content.",
                "Contact semestriel, une révision annuelle, contenu éducatif périodique.",
            ),
            least_score=40,
        ),
        PresetSegment(name=("A", "A"), description=("The essentials.", "L’essentiel."), least_score=0),
    ),
    criteria=(
        PresetCriterion(
            attribute="net_worth",
            weight=25,
            definition=(
                "Relationship complexity: the more there is to coordinate (property, companies, trusts), the higher the net worth. "
                "Measured by net worth, debts deducted.",
                "Complexité de la relation : plus il y a à coordonner (immobilier, sociétés, fiducies), plus la valeur nette est élevée. "
                "Mesurée par la valeur nette, dettes déduites.",
            ),
            steps=((None, 10), ("250000", 35), ("500000", 55), ("1000000", 80), ("2500000", 100)),
        ),
        PresetCriterion(
            attribute="annual_revenue",
            weight=35,
            definition=(
                "Revenue contribution: what the client brought the firm over the last 12 months, fees and commissions together.",
                "Contribution aux revenus : ce que le client a rapporté au cabinet sur 12 mois, honoraires et commissions réunis.",
            ),
            steps=((None, 10), ("600", 30), ("1250", 50), ("2500", 75), ("5000", 100)),
        ),
        PresetCriterion(
            attribute="income",
            weight=20,
            definition=(
                "Planning needs: the higher the household’s annual income before tax, the more there is to plan (tax, retirement, protection).",
                "Besoins de planification : plus le revenu annuel brut du ménage est élevé, plus il y a à planifier (impôt, retraite, prévoyance).",
            ),
            steps=((None, 15), ("60000", 40), ("100000", 70), ("150000", 100)),
        ),
        PresetCriterion(
            attribute="potential",
            weight=20,
            definition=(
                "Long-term potential: what the relationship can become over ten years, next generation included. 0 = none, 10 = exceptional.",
                "Potentiel à long terme : ce que la relation peut devenir sur dix ans, génération suivante comprise. 0 = aucun, 10 = exceptionnel.",
            ),
            steps=_OUT_OF_TEN,
        ),
    ),
)

PREMIUM = Preset(
    key="premium_standard_acquisition",
    name=("Premium / Standard / Acquisition", "Premium / Standard / Acquisition"),
    summary=(
        "Looks at assets under management alone: more than 500,000 is Premium, 100,000 to 500,000 Standard, less is Acquisition.",
        "Ne regarde que l’actif géré : plus de 500 000, Premium ; de 100 000 à 500 000, Standard ; moins, Acquisition.",
    ),
    suits=(
        "Suits a practice that begins with segmentation: one figure, which everyone knows.",
        "Convient à un cabinet qui débute en segmentation : un seul chiffre, connu de tous.",
    ),
    method=Method.THRESHOLDS,
    missing=Missing.ZERO,
    segments=(
        PresetSegment(
            name=("Premium", "Premium"),
            description=(
                "Three or four meetings a year, a call every month, quarterly reporting.",
                "Trois ou quatre rencontres par an, un appel chaque mois, reporting trimestriel.",
            ),
            least_score=100,
        ),
        PresetSegment(
            name=("Standard", "Standard"),
            description=(
                "Two meetings a year, a call every quarter, half-yearly reporting.",
                "Deux rencontres par an, un appel chaque trimestre, reporting semestriel.",
            ),
            least_score=50,
        ),
        PresetSegment(
            name=("Acquisition", "Acquisition"),
            description=(
                "One meeting a year, a call every half-year, yearly reporting.",
                "Une rencontre par an, un appel par semestre, reporting annuel.",
            ),
            least_score=0,
        ),
    ),
    criteria=(
        PresetCriterion(
            attribute="aum",
            weight=100,
            definition=(
                "Assets the client has entrusted to the firm today. Exactly 500,000 is Standard: Premium begins one cent above.",
                "Actif confié au cabinet à ce jour. 500 000 tout rond est Standard : Premium commence un centime au-dessus.",
            ),
            steps=((None, 0), ("100000", 50), ("500000.01", 100)),
        ),
    ),
)

PRESETS: tuple[Preset, ...] = (VIP, AAA, PREMIUM)


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
    return Rules(
        method=chosen.method,
        missing=chosen.missing,
        criteria=tuple(
            CriterionRule(
                key=str(number),
                attribute=criterion.attribute,
                weight=Decimal(criterion.weight),
                definition_en=criterion.definition[0],
                definition_fr=criterion.definition[1],
                bands=_bands(criterion.steps),
            )
            for number, criterion in enumerate(chosen.criteria)
        ),
        cuts=tuple(
            CutRule(
                segment_id=segment_id,
                least_score=None if segment.least_score is None else Decimal(segment.least_score),
                quota=None if segment.quota is None else Decimal(segment.quota),
            )
            for segment_id, segment in zip(segment_ids, chosen.segments, strict=True)
        ),
    )


def _bands(steps: tuple[tuple[str | None, int], ...]) -> tuple[BandRule, ...]:
    ends = [*(lower for lower, _points in steps[1:]), None]
    return tuple(
        BandRule(points=Decimal(points), lower=None if lower is None else Decimal(lower), upper=None if upper is None else Decimal(upper))
        for (lower, points), upper in zip(steps, ends, strict=True)
    )
