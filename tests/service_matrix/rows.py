"""Rows for tests of the matrix: a service scheme with segments, clients in them, a draft."""

from datetime import date

from firms.models import User
from firms.wall import current_firm_id
from segmentation.models import Assignment, Scheme, Segment
from service_matrix.models import MatrixVersion
from service_matrix.promises import PromiseTerms
from service_matrix.versions import start_draft
from tests.factories import make_client

LEVELS = {
    "vip_gold_silver_bronze": [("VIP", "VIP"), ("Gold", "Or"), ("Silver", "Argent"), ("Bronze", "Bronze")],
    "aaa_aa_a": [("AAA", "AAA"), ("AA", "AA"), ("A", "A")],
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
