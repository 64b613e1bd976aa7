"""The database of a test run: migrated once for a state of the migrations, then copied for every process and every later run."""

import hashlib
import os
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from advisory_crm import embedded

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
        # Nothing here is to outlive a failure of the machine: a commit need not wait for the disk.
        cursor.execute(f"ALTER DATABASE {quote(name)} SET synchronous_commit = off")
    settings.DATABASES[owner.alias]["NAME"] = owner.settings_dict["NAME"] = name


def _fingerprint() -> str:
    files = sorted([*ROOT.glob("*/migrations/*.py"), *(ROOT / name for name in CALLED)])
    return hashlib.sha256(b"".join(str(path.relative_to(ROOT)).encode() + path.read_bytes() for path in files)).hexdigest()[:16]


# What `flush` does, for tests that wrote little: a new file for each of hundreds of tables and indexes takes longer than the test before it.
# The locks are those of TRUNCATE: whatever still writes for the test before is waited for.
_EMPTY = """DO $$ DECLARE name text; BEGIN
    SELECT string_agg(oid::regclass::text, ', ') INTO name FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'django_migrations';
    EXECUTE 'LOCK TABLE ' || name || ' IN ACCESS EXCLUSIVE MODE';
    FOR name IN
        SELECT oid::regclass FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'django_migrations' AND pg_relation_size(oid) > 0
    LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
END $$"""


def empty_database(name: str) -> None:
    """Delete every row of the embedded server's database, past the wall, keys and triggers; another server has no such role, and is flushed."""
    if os.environ["DATABASE_URL"] != embedded.embedded_urls()[0]:
        call_command("flush", interactive=False)
        return
    connection = psycopg2.connect(embedded.superuser_url(name), options="-c session_replication_role=replica -c synchronous_commit=off")
    with connection, connection.cursor() as cursor:
        cursor.execute(_EMPTY)
    connection.close()
