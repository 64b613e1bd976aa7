"""Beat doubled: nothing is done twice. Beat stopped: /health/ says so."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

from django.db.models import Count

from drills.people import is_reader, make_crowd
from drills.scene import Program, Scene, free_port, must, scene, wait_until
from firms.wall import acting_for
from messaging.models import Digest, Notice, OutboxMessage


def run_doubled(*, people: int = 100, seconds: float = 15, patience: float = 240) -> str:
    """Three beats tick for two workers: everybody is told once."""
    with scene(tick_seconds=1) as stage:
        crowd = make_crowd(people=people, first_at=datetime.now(UTC), span=timedelta(seconds=seconds), name="Doubled")
        for number in (1, 2):
            stage.add_worker(f"worker{number}")
        for number in (1, 2, 3):
            stage.add_beat(f"beat{number}")

        def all_told() -> bool:
            with acting_for(crowd.firm.pk):
                return Digest.objects.count() == people and not OutboxMessage.objects.filter(status__in=("waiting", "sending")).exists()

        took = wait_until(all_told, seconds=patience, what="everybody is told")
        with acting_for(crowd.firm.pk):
            twice = Notice.objects.values("user").annotate(number=Count("pk")).filter(number__gt=1).count()
        letters = [message["To"] for message in stage.mailbox.messages if is_reader(message["To"], crowd)]
        must(twice == 0 and len(letters) == len(set(letters)) == people, f"each is told once: {twice} twice, {len(letters)} letters")
    return f"beat doubled: 3 beats, 2 workers, {people} people told once each in {took:.1f} s"


def run_stopped(*, tick_seconds: int = 2, patience: float = 120) -> str:
    """From the moment beat dies to the moment /health/ answers 503 and names it: within three minutes at a tick of a minute."""
    with scene(tick_seconds=tick_seconds) as stage:
        port = free_port()
        web = start_web(stage, port)
        stage.add_worker()
        beat = stage.add_beat()
        wait_until(lambda: health(port)[0] == 200, seconds=patience + tick_seconds, what=f"all is well: {health(port)}", every=0.5)
        beat.kill()
        took = wait_until(lambda: health(port) == (503, ["beat"]), seconds=3 * tick_seconds + 10, what="health names beat", every=0.2)
        must(took <= 180, f"health turned red after {took:.0f} s")
        must(web.is_running(), "the web server goes on")
        beat.start()
        wait_until(lambda: health(port)[0] == 200, seconds=patience + tick_seconds, what="all is well again", every=0.5)
    return f"beat stopped: with a tick of {tick_seconds} s health turned red after {took:.1f} s, green again when beat returned"


def start_web(stage: Scene, port: int, *, patience: float = 120) -> Program:
    web = stage.add("web", "advisory_crm.wsgi:application", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4", module="gunicorn")
    wait_until(lambda: health(port)[0] != 0, seconds=patience, what="the web server answers")
    return web


def health(port: int) -> tuple[int, list[str]]:
    """The status, and what is down; 0 when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/", timeout=20) as answer:
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        status, body = refusal.code, refusal.read()
    except OSError:
        return 0, []
    return status, sorted(name for name, state in json.loads(body).items() if state == "down")
