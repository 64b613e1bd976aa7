"""The rules of docs/silent-gaps.md in plain Python: slow, obvious, and apart from the engine."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from clients.models import Client, Interaction
from firms.models import Firm
from segmentation.models import Assignment, Scheme
from service_matrix.models import MatrixVersion, Promise
from touchpoints.models import Touchpoint

TALKING = ("in_person", "phone", "video", "event")


@dataclass(frozen=True, order=True)
class Expected:
    """In the order of the page: section (0 silent, 1 soon), rank, last allowed day, client; then since when and how long it may last."""

    section: int
    rank: int
    last_day: date
    client_id: int
    since: date
    allowed: int


def interval(promise: Promise) -> int:
    if promise.every is not None:
        return promise.every * 7 if promise.every_unit == "weeks" else promise.every * 365 // 12
    return -(-365 // promise.times)


def last_contact(client: Client, firm: Firm) -> date | None:
    evidence = {touchpoint.interaction_id for touchpoint in Touchpoint.objects.filter(client=client)}
    days = [
        interaction.happened_at.astimezone(ZoneInfo(firm.time_zone)).date()
        for interaction in Interaction.objects.filter(client=client)
        if interaction.channel in TALKING or interaction.pk not in evidence
    ]
    return max(days, default=None)


def expect(*, firm: Firm, today: date, books: list[int] | None) -> list[Expected]:
    scheme = Scheme.objects.filter(firm_id=firm.pk, is_service=True).first()
    version = MatrixVersion.objects.filter(firm_id=firm.pk, scheme=scheme, status="published").first()
    if scheme is None or version is None:
        return []
    expected = []
    for client in Client.objects.filter(firm_id=firm.pk):
        assignments = list(Assignment.objects.filter(client=client, scheme=scheme))
        current = [assignment for assignment in assignments if assignment.ends_on is None]
        if client.archived_at is not None or client.status == "former" or not current or (books is not None and client.adviser_id not in books):
            continue
        segment = current[0].segment
        leaves = [
            interval(promise) + promise.window_days
            for promise in Promise.objects.filter(version=version, segment=segment)
            if promise.channel in TALKING and promise.anchor != "event"
        ]
        if not leaves:
            continue
        since = last_contact(client, firm) or min(assignment.starts_on for assignment in assignments)
        last_day = since + timedelta(days=min(leaves))
        if (last_day - today).days <= 14:
            expected.append(Expected(0 if last_day < today else 1, segment.rank, last_day, client.pk, since, min(leaves)))
    return sorted(expected)
