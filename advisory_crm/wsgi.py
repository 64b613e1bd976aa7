"""The entry point of gunicorn."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advisory_crm.settings")
application = get_wsgi_application()
# What is loaded stays: without it, now and then a page waited a tenth of a second while Python looked through all of it for garbage.
gc.collect()
gc.freeze()
