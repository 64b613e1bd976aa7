"""The Celery application: PostgreSQL is the truth, Redis carries hints and may be lost at any time.

Beat only ticks. Each tick lists the firms and sends one small task a firm; the task asks the database what is due.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advisory_crm.settings")

app = Celery("advisory_crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

TICK_SECONDS = 60.0

app.conf.beat_schedule = {
    # A tick that could not run before the next one is worth nothing: it expires.
    "tick": {"task": "firms.tasks.tick", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS}},
}
