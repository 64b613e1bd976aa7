"""Rows for tests of the matrix: a service scheme with segments, clients in them, a draft."""

from datetime import date, timedelta
from typing import Any

from clients.models import Client
from firms.models import User
from firms.wall import current_firm_id
from segmentation.models import Assignment, Scheme, SchemeVersion, Segment
from segmentation.publishing import firm_today
from service_matrix.exceptions import ExceptionDraft, make_exception
from service_matrix.models import MatrixVersion, ProfileRule, PromiseException, TouchpointType
from service_matrix.overlay import RuleDraft, set_overlay, set_rule
from service_matrix.promises import PromiseTerms
from service_matrix.versions import start_draft
from tests.factories import make_client

LEVELS = {
    "vip_gold_silver_bronze": [("VIP", "VIP"), ("Gold", "Or"), ("Silver", "Argent"), ("Bronze", "Bronze")],
    "aaa_aa_a": [("AAA", "AAA"), ("AA", "AA"), ("A", "A")],
    "strategy_table": [(letter, letter) for letter in "ABCD"],
    "abcd_attributes": [(letter, letter) for letter in "ABCD"],
    "gap": [("Growth", "Croissance"), ("Active", "Actif"), ("Passive", "Passif")],
    "value_potential": [("Partners", "Partenaires"), ("To keep", "À fidéliser"), ("To develop", "À développer"), ("To maintain", "À entretenir")],
    "premium_standard_acquisition": [("Premium", "Premium"), ("Standard", "Standard"), ("Acquisition", "Acquisition")],
}


def make_scheme(preset: str = "premium_standard_acquisition", *, segments: int | None = None) -> Scheme:
    """The firm's service scheme, made once."""
    scheme, created = Scheme.objects.get_or_create(
        firm_id=current_firm_id(), is_service=True, defaults={"name_en": "Service", "name_fr": "Service", "preset": preset}
    )
    if created:
        levels = LEVELS[preset] if segments is None else [(f"Level {rank}", f"Niveau {rank}") for rank in range(1, segments + 1)]
        Segment.objects.bulk_create([Segment(scheme=scheme, rank=rank, name_en=en, name_fr=fr) for rank, (en, fr) in enumerate(levels, start=1)])
    return scheme


def segment_of(scheme: Scheme, rank: int) -> Segment:
    return Segment.objects.get(scheme=scheme, rank=rank)


def place_clients(scheme: Scheme, *, by_rank: dict[int, int], adviser: User) -> None:
    for rank, count in by_rank.items():
        for _ in range(count):
            client = make_client(adviser=adviser, people=False)
            Assignment.objects.create(client=client, scheme=scheme, segment=segment_of(scheme, rank), starts_on=date(2026, 1, 1), source="import")


def make_draft(*, by: User, preset: str | None = "premium_standard_acquisition") -> MatrixVersion:
    """The draft of the firm's service scheme, made once."""
    scheme = make_scheme(preset or "premium_standard_acquisition")
    draft = MatrixVersion.objects.filter(scheme=scheme, status="draft").first()
    return draft or start_draft(scheme=scheme, by=by, preset=preset)


def terms(**changes: object) -> PromiseTerms:
    values: dict[str, object] = {"times": 2, "channel": "phone", "performer": "adviser", "minutes": 30, "window_days": 14}
    return PromiseTerms(**values | changes)  # type: ignore[arg-type]


def make_overlay() -> Scheme:
    """A published scheme of two profiles, made once: those who want it short, and those who ask a lot."""
    # By the end of its name, before which the sweep of the wall puts a mark.
    overlay, created = Scheme.objects.get_or_create(
        firm_id=current_firm_id(), name_en__endswith="Profiles", defaults={"name_en": "Profiles", "name_fr": "Profils"}
    )
    if created:
        Segment.objects.bulk_create(
            [
                Segment(scheme=overlay, rank=1, name_en="Time-poor", name_fr="Pressés", presence="remote", timing="asynchronous", frequency="low"),
                Segment(scheme=overlay, rank=2, name_en="Solicitors", name_fr="Solliciteurs", frequency="high", initiative="client"),
            ]
        )
        SchemeVersion.objects.create(scheme=overlay, number=1, status="published")
    return overlay


def put_in_profile(client: Client, rank: int) -> None:
    overlay = make_overlay()
    Assignment.objects.create(client=client, scheme=overlay, segment=segment_of(overlay, rank), starts_on=date(2026, 1, 1), source="import")


def make_rule(draft: MatrixVersion, rank: int = 1, *, by: User, of: str = "", kind: TouchpointType | None = None, **said: Any) -> ProfileRule:
    """A rule in a draft, which gets the overlay and wide limits first."""
    draft.refresh_from_db()
    if draft.overlay_id is None:
        set_overlay(version=draft, revision=draft.revision, scheme=make_overlay(), fewest=-2, most=2, by=by)
    profile = segment_of(make_overlay(), rank)
    return set_rule(version=draft, revision=draft.revision, profile=profile, draft=RuleDraft(**said), by=by, touchpoint_type=kind, of_channel=of)


def make_exempted(*, by: User, rank: int = 1) -> Client:
    """A client of a segment of the service scheme."""
    client = make_client(adviser=by, people=False)
    scheme = make_scheme()
    Assignment.objects.create(client=client, scheme=scheme, segment=segment_of(scheme, rank), starts_on=date(2026, 1, 1), source="import")
    return client


def except_client(client: Client, kind: TouchpointType, *, by: User, days: int = 90, **said: Any) -> PromiseException:
    values: dict[str, Any] = {"reason": "As agreed", "expires_on": firm_today(by.firm_id) + timedelta(days=days)}
    return make_exception(client=client, touchpoint_type=kind, draft=ExceptionDraft(**values | said), by=by)
