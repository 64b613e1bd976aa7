"""A task that always fails, and one under which every worker dies: set aside after three attempts and listed, while other work goes on."""

import os
import signal
from datetime import UTC, datetime, timedelta

from celery import shared_task

from drills.people import make_crowd
from drills.scene import must, scene, wait_until
from firms.background import FirmTask
from firms.failures import tasks_set_aside
from firms.models import FailedTask, User
from firms.wall import acting_for
from messaging.models import Digest, Notice


@shared_task(base=FirmTask, name="drills.poison.fail")
def fail(*, firm_id: int) -> None:
    raise RuntimeError("poison")


@shared_task(base=FirmTask, name="drills.poison.die")
def die(*, firm_id: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run(*, people: int = 20, patience: float = 240) -> str:
    with scene(tick_seconds=2) as stage:
        crowd = make_crowd(people=people, first_at=datetime.now(UTC) - timedelta(minutes=1), span=timedelta(seconds=10), name="Poison")
        firm_id = crowd.firm.pk
        with acting_for(firm_id):
            admin = User.objects.create(firm_id=firm_id, email=f"admin.{firm_id}@drill.test", name="Admin", role="admin")
        stage.add_worker("worker", imports="drills.poison")

        def listed() -> set[str]:
            with acting_for(firm_id):
                return set(tasks_set_aside(admin).values_list("task", flat=True))

        # Delivered again and again: each death puts it back.
        stage.send("drills.poison.die", firm_id=firm_id)
        took = wait_until(lambda: "drills.poison.die" in listed(), seconds=patience, what="the task that kills workers is set aside")
        for attempt in range(1, 4):
            stage.send("drills.poison.fail", firm_id=firm_id)

            def is_noted(attempt: int = attempt) -> bool:
                return _attempts(firm_id, "drills.poison.fail") == attempt

            wait_until(is_noted, seconds=patience, what=f"failure {attempt} is noted")
        must("drills.poison.fail" in listed(), "the task that fails is set aside after three attempts")
        stage.send("messaging.tasks.make_digests", firm_id=firm_id)
        wait_until(lambda: _digests(firm_id) >= people, seconds=patience, what="other work goes on")
        # A fourth time changes nothing: it is not run.
        for task in ("fail", "die"):
            stage.send(f"drills.poison.{task}", firm_id=firm_id)
        stage.send("messaging.tasks.mail_notices", firm_id=firm_id)
        wait_until(lambda: len(stage.mailbox.messages) >= 2, seconds=patience, what="the administrator is written to")
        with acting_for(firm_id):
            told = Notice.objects.filter(user=admin, kind="work_set_aside").count()
        must(told == 2, f"the administrator is told of each once, not {told} times")
        must(_attempts(firm_id, "drills.poison.fail") == 3, "set aside, it is not run")
    return f"poison: two tasks set aside after 3 attempts and listed, the killing one in {took:.1f} s; {people} digests made beside them"


def _attempts(firm_id: int, task: str) -> int:
    with acting_for(firm_id):
        return FailedTask.objects.filter(task=task).values_list("attempts", flat=True).first() or 0


def _digests(firm_id: int) -> int:
    with acting_for(firm_id):
        return Digest.objects.count()
