"""Signs of life that beat and the workers leave in the database, read by /health/."""

import time
from typing import Any

from celery.signals import before_task_publish, heartbeat_sent, worker_ready
from django.db import connection
from django.utils import timezone

BEAT, WORKER = "beat", "worker"
# Beat gives a sign at every tick, a worker this often.
WORKER_SECONDS = 20
_last_written = 0.0


def give_sign_of_life(name: str) -> None:
    from firms.models import Heartbeat

    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": timezone.now()})


@before_task_publish.connect
def beat_publishes(sender: str = "", headers: dict[str, Any] | None = None, **kwargs: Any) -> None:
    """Only beat publishes the tick."""
    if sender == "firms.tasks.tick":
        give_sign_of_life(BEAT)


@worker_ready.connect
@heartbeat_sent.connect
def worker_lives(**kwargs: Any) -> None:
    global _last_written
    if time.monotonic() - _last_written < WORKER_SECONDS:
        return
    _last_written = time.monotonic()
    give_sign_of_life(WORKER)
    # The worker forks its pool from this process: no child may inherit a connection.
    connection.close()
