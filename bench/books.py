"""Firms of any size for the benches: a handful of set-based statements, inside the firm wall."""

from datetime import date

from django.db import connection, transaction

from firms.models import Firm
from firms.onboarding import create_firm
from segmentation.models import Scheme, Segment
from service_matrix.models import MatrixVersion, Promise, TouchpointType

CLIENTS_PER_ADVISER = 200
# Share of each segment, in percent.
SHARES = (10, 30, 40, 20)
# Type, channel, performer, minutes, window, and times a year for each segment: 14 touchpoints a client a year on average.
MATRIX = (
    ("planning_meeting", "in_person", "adviser", 90, 45, (2, 1, 1, 0)),
    ("check_in_call", "phone", "either", 20, 14, (12, 4, 2, 1)),
    ("market_update", "email", "assistant", 5, 14, (12, 4, 2, 2)),
    ("newsletter", "email", "assistant", 2, 14, (4, 4, 4, 4)),
    ("birthday", "post", "assistant", 5, 10, (1, 1, 1, 1)),
    ("tax_checklist", "email", "assistant", 10, 30, (1, 1, 1, 1)),
)


@transaction.atomic
def make_book(*, clients: int, name: str = "Bench", region: str = "CA-QC") -> Firm:
    """A firm with advisers and clients, wealth included; nothing segmented. Leaves the transaction inside it."""
    firm = create_firm(name=name, region=region)
    parameters = {"firm": firm.pk, "clients": clients, "advisers": max(1, clients // CLIENTS_PER_ADVISER)}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO firms_user (firm_id, email, name, role, language, time_zone, sees_whole_firm, is_active, password) "
            "SELECT %(firm)s, 'adviser' || n || '.' || %(firm)s || '@bench.test', 'Adviser ' || n, 'adviser', 'fr', '', false, true, '!' "
            "FROM generate_series(1, %(advisers)s) n",
            parameters,
        )
        cursor.execute(
            "WITH adviser AS (SELECT array_agg(id ORDER BY id) AS ids FROM firms_user WHERE firm_id = %(firm)s) "
            "INSERT INTO clients_client (firm_id, kind, status, name, external_reference, adviser_id, language, city, postal_code, "
            "  province, marital_status, matrimonial_regime, risk_attitude, desired_relationship, preferred_channel, personal_context, notes, "
            "  updated_at, aum, annual_revenue, net_worth, income, referrals_12_months, potential, relationship_quality, prescription) "
            "SELECT %(firm)s, 'individual', 'client', 'Client ' || n, 'B' || n, ids[1 + n %% cardinality(ids)], 'fr', '', '', '', "
            "  '', '', '', '', '', '', '', now(), "
            "  (n * 7919::bigint) %% 2000000, (n * 104729::bigint) %% 20000, (n * 15485863::bigint) %% 4000000, (n * 32452843::bigint) %% 300000, "
            "  n %% 8, n %% 11, n * 3 %% 11, n * 7 %% 11 "
            "FROM generate_series(1, %(clients)s) n, adviser",
            parameters,
        )
    return firm


@transaction.atomic
def place_clients(*, firm: Firm, since: date) -> Scheme:
    """Give the book four segments and an assignment each, the matrix above published. Must run inside the firm."""
    scheme = Scheme.objects.create(name_en="Service", name_fr="Service", is_service=True)
    segments = [
        Segment.objects.create(scheme=scheme, rank=rank, name_en=f"Level {rank}", name_fr=f"Niveau {rank}") for rank in range(1, len(SHARES) + 1)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO segmentation_assignment (firm_id, client_id, scheme_id, segment_id, starts_on, source, inputs, reason) "
            "SELECT firm_id, id, %(scheme)s, (%(segments)s)[width_bucket(id * 7919 %% 100, %(cuts)s)], %(since)s, 'computed', '{}', '' "
            "FROM clients_client WHERE firm_id = %(firm)s ORDER BY id",
            {
                "firm": firm.pk,
                "scheme": scheme.pk,
                "segments": [segment.pk for segment in segments],
                "cuts": [sum(SHARES[:rank]) for rank in range(len(SHARES))],
                "since": since,
            },
        )
    version = MatrixVersion.objects.create(scheme=scheme, number=1, status=MatrixVersion.Status.PUBLISHED, effective_on=since)
    for key, channel, performer, minutes, window, times_by_rank in MATRIX:
        how = {"channel": channel, "performer": performer, "minutes": minutes}
        touchpoint_type = TouchpointType.objects.create(key=f"bench_{key}", name_en=key, name_fr=key, **how)
        for segment, times in zip(segments, times_by_rank, strict=True):
            if times:
                Promise.objects.create(version=version, segment=segment, touchpoint_type=touchpoint_type, times=times, window_days=window, **how)
    return scheme
