"""The Celery application: PostgreSQL is the truth, Redis carries hints and may be lost at any time.

Beat only ticks. Each tick lists the firms and sends one small task a firm; the task asks the database what is due.
"""

import os
from importlib import import_module

from celery import Celery
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advisory_crm.settings")

app = Celery("advisory_crm", task_cls="firms.background:SignedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)
import_module("advisory_crm.heartbeats")
