"""Firms of any size for the benches: a handful of set-based statements, inside the firm wall."""

from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from firms.models import Absence, Firm, User
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
    parameters: dict[str, Any] = {"firm": firm.pk, "clients": clients, "advisers": max(1, clients // CLIENTS_PER_ADVISER)}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO firms_user (firm_id, email, name, role, language, time_zone, sees_whole_firm, is_active, password, last_login) "
            "SELECT %(firm)s, 'adviser' || n || '.' || %(firm)s || '@bench.test', 'Adviser ' || n, 'adviser', 'fr', '', false, true, '!', now() "
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


@transaction.atomic
def hang_promises(*, scheme: Scheme, before: date) -> None:
    """Promises on every anchor beside what is spread, birthdays, meetings and touches delivered before a day, and absences after it.

    Must run inside the firm.
    """
    segments = list(Segment.objects.filter(scheme=scheme).order_by("rank"))
    version = MatrixVersion.objects.get(scheme=scheme, status=MatrixVersion.Status.PUBLISHED)
    every_segment: tuple[dict[str, Any], ...] = (
        {"anchor": "month", "anchor_month": 11},
        {"anchor": "date", "anchor_month": 12, "anchor_day": 15},
        {"anchor": "birthday"},
        {"anchor": "anniversary"},
        {"anchor": "review"},
        {"anchor": "event", "anchor_event": "meeting_held", "anchor_days": 10},
        {"anchor": "event", "anchor_event": "became_client", "anchor_days": 30},
        {"times": 8, "every": 6, "every_unit": "weeks"},
    )
    how = {"channel": "phone", "performer": "either", "minutes": 15}
    for number, falls in enumerate(every_segment):
        touchpoint_type = TouchpointType.objects.create(key=f"bench_hanging_{number}", name_en=str(falls), name_fr=str(falls), **how)
        for segment in segments:
            Promise.objects.create(version=version, segment=segment, touchpoint_type=touchpoint_type, window_days=14, **how, **{"times": 1, **falls})
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {"firm": scheme.firm_id, "before": before, "type": touchpoint_type.pk}
        cursor.execute(
            "INSERT INTO clients_person (firm_id, client_id, is_primary, title, first_name, last_name, birth_date, occupation, email, phone, "
            "  updated_at) SELECT firm_id, id, true, '', '', name, date '1950-01-01' + (id * 7919 %% 15000)::int, '', '', '', now() "
            "FROM clients_client WHERE firm_id = %(firm)s",
            parameters,
        )
        cursor.execute(
            "UPDATE clients_client SET client_since = %(before)s - (id * 104729 %% 3000)::int, next_review_on = %(before)s + (id * 7919 %% 365)::int "
            "WHERE firm_id = %(firm)s",
            parameters,
        )
        cursor.execute(
            "INSERT INTO clients_interaction (firm_id, client_id, happened_at, channel, subject, summary, by_id) "
            "SELECT firm_id, id, %(before)s::timestamp - make_interval(hours => (id * 7919 %% 4000 + n * 1500)::int), 'video', 'Met', '', adviser_id "
            "FROM clients_client, generate_series(0, 1) n WHERE firm_id = %(firm)s",
            parameters,
        )
        cursor.execute(
            "INSERT INTO touchpoints_touchpoint (client_id, adviser_id, touchpoint_type_id, segment_id, service_year, ordinal, due_on, "
            "  window_ends_on, channel, performer, minutes, status, is_hand_set, reason, closed_at) "
            "SELECT c.id, c.adviser_id, %(type)s, a.segment_id, extract(year FROM %(before)s::date), 1001, %(before)s - 20, %(before)s - 6, "
            "  'phone', 'either', 15, 'done', false, '', %(before)s - make_interval(days => (c.id %% 35)::int) "
            "FROM clients_client c JOIN segmentation_assignment a ON a.client_id = c.id WHERE c.firm_id = %(firm)s AND a.ends_on IS NULL",
            parameters,
        )
    away = [Absence(user=adviser, starts_on=before + timedelta(days=90 + adviser.pk % 60)) for adviser in User.objects.filter(role="adviser")]
    for absence in away:
        absence.ends_on = absence.starts_on + timedelta(days=20)
    Absence.objects.bulk_create(away)
