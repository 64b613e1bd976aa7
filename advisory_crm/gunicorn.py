"""gunicorn's settings; the environment decides the size."""

import os

from advisory_crm import environment

bind = os.environ.get("CRM_BIND", "0.0.0.0:8000")
workers = environment.read_integer("CRM_WEB_WORKERS", 2, least=1)
threads = environment.read_integer("CRM_WEB_THREADS", 2, least=1)
timeout = 60
# A worker that leaks is replaced before anyone notices, never all at once.
max_requests, max_requests_jitter = 5000, 500
accesslog = None
