"""gunicorn's settings; the environment decides the size."""

import os

bind = os.environ.get("CRM_BIND", "0.0.0.0:8000")
workers = int(os.environ.get("CRM_WEB_WORKERS", "2"))
threads = int(os.environ.get("CRM_WEB_THREADS", "2"))
timeout = 60
# A worker that leaks is replaced before anyone notices, never all at once.
max_requests, max_requests_jitter = 5000, 500
accesslog = None
