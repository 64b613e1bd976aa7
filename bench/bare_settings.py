"""The bare pages: the product's database under what a new Django project has."""

from advisory_crm.settings import *  # noqa: F403  settings are read by name

_BASE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{% block title %}{% endblock %}</title></head>
<body><p>{{ user }}</p>{% for message in messages %}<p>{{ message }}</p>{% endfor %}{% block content %}{% endblock %}</body></html>"""
_TABLE = """{% extends "base.html" %}{% block title %}Bare{% endblock %}{% block content %}
<table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>{% endblock %}"""

# Cotton puts its own loaders in the place of those below.
INSTALLED_APPS = [application for application in INSTALLED_APPS if application != "django_cotton"]  # noqa: F405
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    # The one addition: without a firm, the wall gives no row.
    "firms.middleware.FirmMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # The library does not start without it.
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "bench.bare"
TEMPLATES = [  # type: ignore[no-redef,unused-ignore]
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "loaders": [
                ("django.template.loaders.cached.Loader", [("django.template.loaders.locmem.Loader", {"base.html": _BASE, "table.html": _TABLE})])
            ],
        },
    }
]
