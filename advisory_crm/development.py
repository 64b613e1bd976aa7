"""`bin/dev`: the whole product on this machine, until Ctrl-C."""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence

from advisory_crm import embedded

MANAGE = [sys.executable, "manage.py"]
CELERY = [sys.executable, "-m", "celery", "-A", "advisory_crm", "--quiet"]
# Whoever works as root on their own machine knows; what matters on this screen is the address and the logins.
QUIET = {"DJANGO_RUNSERVER_HIDE_WARNING": "true", "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _wait_for(url: str, processes: list[subprocess.Popen[bytes]], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in processes):
            raise SystemExit("A process stopped while starting; its message is above.")
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310  (our own loopback address)
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} does not answer.")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bin/dev", description="Run the product here: web, worker, beat, PostgreSQL and Valkey.")
    parser.add_argument("--port", type=int, default=8000, help="the web address's port (8000)")
    parser.add_argument("--no-demo", action="store_true", help="do not create the demonstration firms")
    parser.add_argument("--reset", action="store_true", help="forget everything in the embedded database, and the work that waits for it, first")
    options = parser.parse_args(arguments)
    if not _free(options.port):
        raise SystemExit(f"Port {options.port} is taken. Choose another: bin/dev --port {options.port + 1}")

    os.environ.setdefault("CRM_DEBUG", "on")
    os.environ.setdefault("CRM_SITE_URL", f"http://localhost:{options.port}")
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    configured, queue_configured = "DATABASE_URL" in os.environ, "REDIS_URL" in os.environ
    embedded.start_database()
    embedded.start_redis()
    if options.reset:
        if configured:
            raise SystemExit("--reset only resets the embedded database, not the one in DATABASE_URL.")
        embedded.reset_database()
        if not queue_configured:
            # Tasks of firms that are gone could only fail.
            embedded.empty_redis()
    subprocess.run([*MANAGE, "migrate", "--verbosity", "0"], check=True)
    logins = ""
    if not options.no_demo:
        print("Preparing the demonstration firms…", flush=True)
        logins = subprocess.run([*MANAGE, "create_demo"], check=True, stdout=subprocess.PIPE, text=True).stdout

    processes = [
        subprocess.Popen([*MANAGE, "runserver", "--skip-checks", f"127.0.0.1:{options.port}"], start_new_session=True),
        subprocess.Popen([*CELERY, "worker", "--concurrency", "2", "--loglevel", "warning"], start_new_session=True),
        subprocess.Popen(
            [*CELERY, "beat", "--schedule", str(embedded.data_folder() / "beat"), "--pidfile", "", "--loglevel", "warning"], start_new_session=True
        ),
    ]

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    # Said for both: a shell that starts this in the background has told it to ignore Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        _wait_for(f"http://127.0.0.1:{options.port}/health/web/", processes)
        print(f"\n  http://localhost:{options.port}\n{logins}\n  Ctrl-C stops everything.\n", flush=True)
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
        raise SystemExit("A process stopped; its message is above.")
    except KeyboardInterrupt:
        print("\nStopping…", flush=True)
    finally:
        for process in processes:
            # runserver reloads in a child: the whole group must go.
            _signal_group(process, signal.SIGTERM)
        for process in processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


if __name__ == "__main__":
    main()
