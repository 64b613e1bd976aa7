"""/health/: is everything alive? /health/web/: can this web process serve? For people, orchestrators and alarms.

A small view of our own: django-health-check runs its checks in threads, whose database connections nobody closes.
"""

from collections.abc import Callable
from hmac import compare_digest

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from advisory_crm.heartbeats import BEAT, WORKER, WORKER_SECONDS
from firms.models import Heartbeat


def _database() -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis() -> bool:
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2).ping()
    except (redis.RedisError, OSError):
        return False
    return True


def _alive(name: str, limit: float) -> bool:
    try:
        heartbeat = Heartbeat.objects.filter(name=name).first()
    except DatabaseError:
        return False
    return heartbeat is not None and (timezone.now() - heartbeat.beat_at).total_seconds() <= limit


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "redis": _redis,
    "beat": lambda: _alive(BEAT, 2.5 * settings.TICK_SECONDS),
    "worker": lambda: _alive(WORKER, 4 * WORKER_SECONDS),
}


def health(request: HttpRequest) -> HttpResponse:
    """200 when all is well, 503 otherwise, naming what is not."""
    results = {name: check() for name, check in CHECKS.items()}
    return JsonResponse({name: "ok" if good else "down" for name, good in results.items()}, status=200 if all(results.values()) else 503)


def health_web(request: HttpRequest) -> HttpResponse:
    good = _database()
    return JsonResponse({"database": "ok" if good else "down"}, status=200 if good else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    # As bytes: `compare_digest` fails on letters beyond ASCII.
    said, token = request.headers.get("Authorization", "").encode(), f"Bearer {settings.METRICS_TOKEN}".encode()
    if not settings.METRICS_TOKEN or not compare_digest(said, token):
        return HttpResponse(status=404)
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


PAGES = {"/health/": health, "/health/web/": health_web, "/metrics/": metrics}


class HealthMiddleware:
    """Answers before sessions, hosts, HTTPS and the firm wall: these pages must work when the rest does not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        page = PAGES.get(request.path)
        if page is None:
            return self.get_response(request)
        response = page(request)
        response.headers["Cache-Control"] = "no-store"
        return response
