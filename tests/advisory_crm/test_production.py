"""The containers' entry point, with production settings, against real servers."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
from psycopg2 import sql

from advisory_crm import embedded

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a production install: its own database, migrated by the owner through the entry point."""
    if urlsplit(os.environ["DATABASE_URL"]).hostname:
        pytest.fail("this test creates its database on the embedded server: run it without DATABASE_URL")
    name = f"crm_production_{os.getpid()}"
    superuser = psycopg2.connect(embedded.superuser_url("postgres"))
    superuser.autocommit = True
    with superuser.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(embedded.OWNER)))
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("CRM_")},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CRM_MODE": "production",
        "CRM_SECRET_KEY": "a-secret-of-the-test-that-is-long-enough-for-a-signature",
        "CRM_HOSTS": "127.0.0.1",
        "CRM_SITE_URL": "http://127.0.0.1",
        "CRM_REDIRECT_TO_HTTPS": "off",
        "CRM_STATIC_ROOT": str(tmp_path_factory.mktemp("static")),
        "CRM_BEAT_SCHEDULE": str(tmp_path_factory.mktemp("beat") / "schedule"),
        "CRM_EMAIL": "console",
        "CRM_TICK_SECONDS": "2",
        "DATABASE_URL": os.environ["DATABASE_URL"].replace("/crm?", f"/{name}?"),
        "DATABASE_OWNER_URL": os.environ["DATABASE_OWNER_URL"].replace("/crm?", f"/{name}?"),
    }
    for command in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
        subprocess.run([ROOT / "bin/serve", *command], env=environment, check=True)
    yield environment
    with superuser.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    superuser.close()


@contextlib.contextmanager
def serving(role: str, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen([ROOT / "bin/serve", role], env=environment, start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as response:
            return response.status, dict(response.headers), response.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            if condition():
                return
        time.sleep(0.2)
    pytest.fail("waited too long")


def test_web_worker_and_beat_serve_and_health_tells_them_apart(production):
    address = f"127.0.0.1:{free_port()}"
    url = f"http://{address}"
    environment = {**production, "CRM_BIND": address, "CRM_METRICS_TOKEN": "the-token"}
    with serving("web", environment):
        wait_until(lambda: get(f"{url}/health/web/")[0] == 200)
        status, _, body = get(f"{url}/health/")
        assert (status, json.loads(body)) == (503, {"database": "ok", "redis": "ok", "beat": "down", "worker": "down"})

        status, headers, body = get(f"{url}/account/login/")
        assert (status, b"csrfmiddlewaretoken" in body) == (200, True)
        assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "DENY")
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert get(f"{url}/account/login/", Host="elsewhere.example")[0] == 400
        stylesheet = re.search(r'href="(/static/[^"]+\.css)"', body.decode())
        assert stylesheet is not None
        status, headers, _ = get(url + stylesheet[1])
        assert (status, "immutable" in headers["Cache-Control"]) == (200, True)

        assert get(f"{url}/metrics/")[0] == 404
        status, _, body = get(f"{url}/metrics/", Authorization="Bearer the-token")
        assert (status, b"django_http_requests_total" in body) == (200, True)

        with serving("worker", environment), serving("beat", environment):
            wait_until(lambda: get(f"{url}/health/")[0] == 200, seconds=90)


@pytest.mark.parametrize("role", ["web", "worker", "beat"])
def test_nothing_starts_as_a_role_that_could_climb_the_wall(production, role):
    environment = {**production, "DATABASE_URL": production["DATABASE_OWNER_URL"]}
    result = subprocess.run([ROOT / "bin/serve", role], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (result.returncode, "the firm wall would not hold" in result.stderr) == (1, True)
