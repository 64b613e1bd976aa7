"""The grid of a draft: 25 touchpoint types × 6 segments, every cell filled, with profiles and exceptions; the page, a cell written, a preview.

python -m bench.grid --clients 5000
"""

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

from bench.database import scratch_database

TYPES, SEGMENTS = 25, 6


def times(act: Callable[[], object], requests: int) -> tuple[float, float]:
    """p50 and p95 in milliseconds; the first run is warmth."""
    act()
    taken = []
    for _ in range(requests):
        begun = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=5_000)
    parser.add_argument("--requests", type=int, default=30)
    arguments = parser.parse_args()
    with scratch_database():
        measure(clients=arguments.clients, requests=arguments.requests)


def measure(*, clients: int, requests: int) -> None:
    from django.db import connection
    from django.test import Client as Browser
    from django.test.utils import CaptureQueriesContext

    from bench.books import make_book, place_clients
    from clients.models import Client
    from firms.models import User
    from firms.wall import acting_for
    from segmentation.models import Assignment, Scheme, SchemeVersion, Segment
    from service_matrix.catalogue import REACTIVE
    from service_matrix.exceptions import ExceptionDraft, make_exception
    from service_matrix.models import MatrixVersion, Promise, TouchpointType
    from service_matrix.overlay import RuleDraft, set_overlay, set_rule
    from service_matrix.versions import set_reactive_minutes, start_draft

    today = date.today()  # noqa: DTZ011  (the scratch firm has no clock of its own to respect)
    firm = make_book(clients=clients)
    with acting_for(firm.pk):
        scheme = place_clients(firm=firm, since=today - timedelta(days=400))
        admin = User.objects.create(email="admin@bench.test", name="Admin", role="admin", password="!")
        for rank in range(scheme.segments.count() + 1, SEGMENTS + 1):
            Segment.objects.create(scheme=scheme, rank=rank, name_en=f"Level {rank}", name_fr=f"Niveau {rank}")
        profiles = Scheme.objects.create(name_en="Profiles", name_fr="Profils")
        SchemeVersion.objects.create(scheme=profiles, number=1, status="published")
        families = [Segment.objects.create(scheme=profiles, rank=rank, name_en=f"P{rank}", name_fr=f"P{rank}") for rank in range(1, 5)]
        placed = Assignment.objects.filter(scheme=scheme, ends_on=None).order_by("pk").values_list("client_id", flat=True)
        Assignment.objects.bulk_create(
            Assignment(client_id=client, scheme=profiles, segment=families[place % 4], starts_on=today, source="import")
            for place, client in enumerate(placed)
        )
        MatrixVersion.objects.filter(scheme=scheme, status="draft").delete()
        draft = start_draft(scheme=scheme, by=admin)
        while TouchpointType.objects.filter(is_active=True).exclude(key=REACTIVE).count() < TYPES:
            TouchpointType.objects.create(name_en="Type", name_fr="Type", channel="phone", performer="either", minutes=10)
        kinds = list(TouchpointType.objects.filter(is_active=True).exclude(key=REACTIVE).order_by("pk")[:TYPES])
        Promise.objects.filter(version=draft).delete()
        Promise.objects.bulk_create(
            Promise(version=draft, segment=segment, touchpoint_type=kind, times=2, channel="phone", performer="either", minutes=20, window_days=9)
            for segment in Segment.objects.filter(scheme=scheme)
            for kind in kinds
        )
        set_overlay(version=draft, revision=draft.revision, scheme=profiles, fewest=-1, most=1, by=admin)
        for family in families:
            draft.refresh_from_db()
            rule = RuleDraft(channel="video", times_change=1)
            set_rule(version=draft, revision=draft.revision, profile=family, draft=rule, by=admin, of_channel="phone")
        client = Client.objects.filter(assignments__scheme=scheme).order_by("pk")[0]
        exception = ExceptionDraft(minutes=40, reason="As agreed", expires_on=today + timedelta(days=90))
        make_exception(client=client, touchpoint_type=kinds[0], draft=exception, by=admin)
        # One edit, so that undo has something to say.
        draft.refresh_from_db()
        set_reactive_minutes(version=draft, revision=draft.revision, minutes=90, by=admin)
        cell = f"/matrix/draft/{kinds[0].pk}/{Segment.objects.get(scheme=scheme, rank=1).pk}"
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    browser = Browser(headers={"host": "localhost", "HX-Request": "true"})
    with acting_for(firm.pk):
        browser.force_login(admin)
    # The first request of a session also writes down who signed in from where.
    browser.get("/matrix/types/")
    typed = {"revision": "0", "seen": "", "frequency": "6", "channel": "phone", "minutes": "30"}
    acts: dict[str, Callable[[], object]] = {
        "page": lambda: browser.get("/matrix/?version=draft"),
        "cell opened": lambda: browser.get(f"{cell}/cell/"),
        "preview while typing": lambda: browser.post(f"{cell}/preview/", typed),
    }
    print(f"{clients:,} clients, {TYPES} types × {SEGMENTS} segments, 4 profiles with rules, an exception, an edit")
    for name, act in acts.items():
        with CaptureQueriesContext(connection) as queries:
            act()
        statements = sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")) for query in queries.captured_queries)
        p50, p95 = times(act, requests)
        print(f"{name}: {statements} statements, p50 {p50:.0f} ms, p95 {p95:.0f} ms")


if __name__ == "__main__":
    main()
