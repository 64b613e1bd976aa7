"""No task is left out of the drill that kills workers."""

from inspect import signature

from django.apps import apps

from advisory_crm.celery import app
from drills.deaths import VICTIMS
from messaging.outbox import SEND_TASK


def test_a_worker_is_killed_in_every_task_of_a_firm() -> None:
    app.loader.import_default_modules()
    rooms = {config.name for config in apps.get_app_configs()}
    tasks = {name for name, task in app.tasks.items() if name.partition(".")[0] in rooms and "firm_id" in signature(task.run).parameters}
    assert sorted([*(victim.task for victim in VICTIMS), SEND_TASK]) == sorted(tasks)
