"""The database of a test run: migrated once for a state of the migrations, then copied for every process and every later run."""

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

ROOT = Path(__file__).resolve().parent.parent
# What migrations do is said by them, by the functions they call, and by the libraries whose migrations run with them.
CALLED = ("firms/wall.py", "firms/statistics.py", "constraints.txt")


def create_test_database(owner: Any) -> None:
    """Create the test database of a connection's alias, and point the alias at it."""
    creation, quote = owner.creation, owner.ops.quote_name
    name = creation._get_test_db_name()
    migrated = f"test_{settings.DATABASES[owner.alias]['NAME']}_migrated_{_fingerprint()}"
    with owner._nodb_cursor() as cursor:
        # One process migrates; those that began with it wait, and copy.
        cursor.execute("SELECT pg_advisory_lock(hashtext('create test databases'))")
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{migrated.rpartition('_')[0]}%"])
        known = {row[0] for row in cursor.fetchall()}
        if migrated not in known:
            creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            for alias in connections:
                connections[alias].close()
            cursor.execute(f"ALTER DATABASE {quote(name)} RENAME TO {quote(migrated)}")
        for former in known - {migrated}:
            cursor.execute(f"DROP DATABASE IF EXISTS {quote(former)}")
        cursor.execute(f"DROP DATABASE IF EXISTS {quote(name)} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {quote(name)} TEMPLATE {quote(migrated)}")
    settings.DATABASES[owner.alias]["NAME"] = owner.settings_dict["NAME"] = name


def _fingerprint() -> str:
    files = sorted([*ROOT.glob("*/migrations/*.py"), *(ROOT / name for name in CALLED)])
    return hashlib.sha256(b"".join(str(path.relative_to(ROOT)).encode() + path.read_bytes() for path in files)).hexdigest()[:16]
