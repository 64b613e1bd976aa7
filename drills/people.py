"""Firms with many people, for drills: a few set-based statements."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import QuerySet

from firms.models import Firm
from firms.onboarding import create_firm
from messaging.models import Digest
from segmentation.models import Scheme, Segment
from service_matrix.models import TouchpointType

# Somewhere it is neither night nor nearly midnight.
ZONES = ("America/Montreal", "Europe/Paris", "Asia/Tokyo", "Pacific/Auckland", "America/Vancouver", "Asia/Kolkata")


@dataclass(frozen=True)
class Crowd:
    """A firm whose people are each owed a digest naming one touchpoint."""

    firm: Firm
    people: int


def daytime_zone(now: datetime, span: timedelta) -> str:
    """A time zone where it is the same day from an hour ago until well after the drill."""
    for name in ZONES:
        local = now.astimezone(ZoneInfo(name))
        if local.hour >= 1 and (local + span + timedelta(minutes=30)).date() == local.date():
            return name
    raise AssertionError("it is midnight everywhere")


def is_reader(address: str, crowd: Crowd) -> bool:
    """Whether an address is one of this crowd's people: a drill's database may hold those of earlier ones."""
    return address.startswith("reader") and address.endswith(f".{crowd.firm.pk}@drill.test")


def told(crowd: Crowd) -> QuerySet[Digest]:
    """The digests of this crowd's people: whoever else a drill adds to the firm is told at an hour of their own."""
    return Digest.objects.filter(user__email__startswith="reader", user__firm_id=crowd.firm.pk)


@transaction.atomic
def make_crowd(*, people: int, first_at: datetime, span: timedelta, name: str) -> Crowd:
    """A firm of advisers with one client and one touchpoint due today each; their digests fall due evenly over a span of time."""
    firm = create_firm(name=name, region="CA-QC")
    zone = daytime_zone(datetime.now(UTC), span)
    Firm.objects.filter(pk=firm.pk).update(time_zone=zone)
    firm.refresh_from_db()
    first = first_at.astimezone(ZoneInfo(zone))
    scheme = Scheme.objects.create(name_en="Service", name_fr="Service", is_service=True)
    segment = Segment.objects.create(scheme=scheme, rank=1, name_en="All", name_fr="Tous")
    touchpoint_type = TouchpointType.objects.create(name_en="Call", name_fr="Appel", channel="phone", performer="adviser", minutes=15)
    parameters: dict[str, Any] = {
        "firm": firm.pk,
        "people": people,
        "first": first.replace(tzinfo=None),
        "step": span.total_seconds() / people,
        "today": first.date(),
        "segment": segment.pk,
        "type": touchpoint_type.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO firms_user (firm_id, email, name, role, language, time_zone, sees_whole_firm, is_active, password, last_login) "
            "SELECT %(firm)s, 'reader' || n || '.' || %(firm)s || '@drill.test', 'Reader ' || n, 'adviser', 'fr', '', false, true, '!', now() "
            "FROM generate_series(1, %(people)s) n",
            parameters,
        )
        cursor.execute(
            "INSERT INTO messaging_preferences (firm_id, user_id, digest_by_email, digest_at, on_days_off, muted_kinds) "
            "SELECT %(firm)s, id, true, (%(first)s + %(step)s * row_number() OVER (ORDER BY id) * interval '1 second')::time, true, '[]' "
            "FROM firms_user WHERE firm_id = %(firm)s",
            parameters,
        )
        cursor.execute(
            "INSERT INTO clients_client (firm_id, kind, status, name, external_reference, adviser_id, language, city, postal_code, province, "
            "  marital_status, matrimonial_regime, risk_attitude, desired_relationship, preferred_channel, personal_context, notes, updated_at) "
            "SELECT %(firm)s, 'individual', 'client', 'Client ' || id, 'D' || id, id, 'fr', '', '', '', '', '', '', '', '', '', '', now() "
            "FROM firms_user WHERE firm_id = %(firm)s",
            parameters,
        )
        cursor.execute(
            "INSERT INTO touchpoints_touchpoint (firm_id, client_id, adviser_id, touchpoint_type_id, segment_id, service_year, ordinal, due_on, "
            "  window_ends_on, channel, performer, minutes, status, is_hand_set, reason) "
            "SELECT %(firm)s, id, adviser_id, %(type)s, %(segment)s, 2026, 1, %(today)s, %(today)s::date + 30, 'phone', 'adviser', 15, 'planned', "
            "  true, '' FROM clients_client WHERE firm_id = %(firm)s",
            parameters,
        )
        # To clients: what is uncertain after a crash must be held, not sent twice.
        cursor.execute(
            'INSERT INTO messaging_outboxmessage (firm_id, "to", subject, text, html, to_client, dedupe_key, status, attempts, leased_until, error) '
            "SELECT %(firm)s, 'client' || n || '.' || %(firm)s || '@drill.test', 'Bonjour', 'Bonjour', '', true, 'client ' || n, 'waiting', 0, "
            "  now() + n * 10 * %(step)s * interval '1 second', '' FROM generate_series(1, %(people)s / 10) n",
            parameters,
        )
    return Crowd(firm, people)
