"""A database of its own for a bench: migrated by the owner, used by the application role, dropped at the end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def scratch_database() -> Iterator[None]:
    """Set Django up on a fresh database of the configured or embedded server."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advisory_crm.settings")
    os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
    from advisory_crm import embedded

    embedded.start_database()
    import django

    django.setup()
    from django.db import connections

    owner = connections["owner"]
    name = f"bench_{os.getpid()}"
    real_name = owner.settings_dict["NAME"]
    with owner.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f"CREATE DATABASE {name}")
    for alias in connections:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
    try:
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield
    finally:
        for alias in connections:
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = real_name
        with owner.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f"DROP DATABASE {name}")
