"""Rows for tests of the queue: touchpoints made by hand, without a planner."""

from datetime import date, timedelta
from itertools import count
from typing import Any

from clients.models import Client
from firms.models import User
from segmentation.models import Scheme, Segment
from service_matrix.models import TouchpointType
from tests.factories import make_client
from touchpoints.models import Touchpoint

TODAY = date(2026, 11, 23)  # a Monday
_ordinals = count(1)


def reloaded(client: Client) -> Client:
    """As a page reads it, with its firm and adviser."""
    return Client.objects.select_related("firm", "adviser").get(pk=client.pk)


def make_segment(*, firm_id: int, rank: int = 1) -> Segment:
    """The segment of a rank in the firm's service scheme, VIP being 1; the scheme comes with the first."""
    scheme, _ = Scheme.objects.get_or_create(firm_id=firm_id, is_service=True, defaults={"name_en": "Service", "name_fr": "Service"})
    names = ["VIP", "Gold", "Silver", "Bronze"]
    french = ["VIP", "Or", "Argent", "Bronze"]
    segment, _ = Segment.objects.get_or_create(
        firm_id=firm_id, scheme=scheme, rank=rank, defaults={"name_en": names[rank - 1], "name_fr": french[rank - 1]}
    )
    return segment


def make_type(*, firm_id: int, key: str = "check_in_call", **fields: Any) -> TouchpointType:
    values: dict[str, Any] = {
        "name_en": "Check-in call",
        "name_fr": "Appel de suivi",
        "channel": "phone",
        "performer": "assistant",
        "minutes": 15,
        "steps": [
            {"en": "Read the last conversation.", "fr": "Relire le dernier échange.", "performer": "assistant"},
            {"en": "Ask about changes in the family.", "fr": "Demander des nouvelles de la famille.", "performer": "either"},
        ],
    }
    touchpoint_type, _ = TouchpointType.objects.get_or_create(firm_id=firm_id, key=key, defaults=values | fields)
    return touchpoint_type


def make_touchpoint(
    *,
    client: Client | None = None,
    adviser: User | None = None,
    due_on: date = TODAY,
    rank: int = 1,
    window_days: int = 30,
    performer: str = "either",
    **fields: Any,
) -> Touchpoint:
    if client is None:
        assert adviser is not None
        client = make_client(adviser=adviser)
    values: dict[str, Any] = {
        "client": client,
        "adviser_id": client.adviser_id,
        "touchpoint_type": fields.pop("touchpoint_type", None) or make_type(firm_id=client.firm_id),
        "segment": make_segment(firm_id=client.firm_id, rank=rank),
        "service_year": due_on.year,
        "ordinal": next(_ordinals) % 30_000,
        "due_on": due_on,
        "window_ends_on": due_on + timedelta(days=window_days),
        "channel": "phone",
        "performer": performer,
        "minutes": 15,
    }
    return Touchpoint.objects.create(**values | fields)
