"""Schemes and books for this room's tests, in the firm of the current transaction."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from clients.attributes import catalogue_of
from clients.models import Client
from firms.models import Firm, User
from segmentation.forms import flat_state, state_of
from segmentation.models import Assignment, Axis, Method, Missing, Scheme, SchemeVersion, Segment
from segmentation.rules import BandRule, CriterionRule, CutRule, Plane, Rules, load_rules, write_rules


def make_rules(segments: list[int], *, method: str = Method.THRESHOLDS, quotas: tuple[int, ...] = (), **fields: Any) -> Rules:
    """One criterion, potential, that earns ten points each; three segments from 70, from 40, and the rest."""
    least = [*(70, 40, 0)[: len(segments) - 1], 0]
    if method == Method.PLANE:
        # Value by potential, halved: the first segment where both are high.
        return Rules(
            method=method,
            criteria=fields.get("criteria", on_two_axes()),
            cuts=tuple(CutRule(segment_id=pk) for pk in segments),
            plane=halves(segments),
        )
    return Rules(
        method=method,
        missing=Missing.ZERO,
        criteria=fields.get("criteria", (potential(),)),
        cuts=tuple(
            CutRule(segment_id=segment, least_score=Decimal(score), quota=Decimal(quotas[number]) if quotas else None)
            for number, (segment, score) in enumerate(zip(segments, least, strict=True))
        ),
    )


def potential(weight: int = 100) -> CriterionRule:
    ends = [None, *(Decimal(end) for end in range(1, 11)), None]
    return CriterionRule(
        key="1",
        attribute="potential",
        weight=Decimal(weight),
        definition_en="What may come.",
        definition_fr="Ce qui peut venir.",
        bands=tuple(BandRule(lower=ends[n], upper=ends[n + 1], points=Decimal(10 * n)) for n in range(11)),
    )


def on_two_axes() -> tuple[CriterionRule, ...]:
    """Ten points each of potential on the first axis, of the quality of the relationship on the second."""
    return (potential(), replace(potential(), key="2", attribute="relationship_quality", axis=Axis.SECOND))


def halves(segments: list[int]) -> Plane:
    first, *middle, last = segments
    half = (Decimal(50),)
    cells = ((last, middle[0]), (middle[-1], first))
    return Plane(x_cuts=half, y_cuts=half, cells=cells, x_name_en="Value", x_name_fr="Valeur", y_name_en="Warmth", y_name_fr="Chaleur")


def make_scheme(*, names: tuple[str, ...] = ("Top", "Middle", "Rest"), name: str = "Levels") -> Scheme:
    scheme = Scheme.objects.create(name_en=name, name_fr=f"{name} (fr)")
    Segment.objects.bulk_create(Segment(scheme=scheme, rank=rank, name_en=n, name_fr=f"{n} (fr)") for rank, n in enumerate(names, start=1))
    return scheme


def make_draft(scheme: Scheme | None = None, **rules: Any) -> SchemeVersion:
    scheme = scheme or make_scheme()
    draft = SchemeVersion.objects.create(scheme=scheme, number=scheme.versions.count() + 1)
    write_rules(version=draft, rules=make_rules([segment.pk for segment in scheme.segments.order_by("rank")], **rules))
    return draft


def editor_fields(draft: SchemeVersion, **changes: Any) -> dict[str, Any]:
    """The editor's form as a browser would send it, with what was typed since."""
    firm = Firm.objects.get(pk=draft.firm_id)
    segments = list(draft.scheme.segments.order_by("rank"))
    state = state_of(load_rules(draft), revision=draft.revision, segments=segments, catalogue=catalogue_of(firm.pk), firm=firm)
    return {**flat_state(state), "do": "save", **changes}


def make_book(adviser: User, potentials: list[int | None], **fields: Any) -> list[Client]:
    return Client.objects.bulk_create(
        Client(adviser=adviser, name=f"Client {number}", potential=value, **fields) for number, value in enumerate(potentials)
    )


def periods(client: Client) -> list[tuple[str, str, str, str | None]]:
    """(segment, source, first day, day after the last), oldest first."""
    rows = Assignment.objects.filter(client=client).order_by("starts_on", "pk").select_related("segment")
    return [(row.segment.name_en, row.source, row.starts_on.isoformat(), row.ends_on.isoformat() if row.ends_on else None) for row in rows]
