"""`bin/dev`'s program: everything up, twice in a row, and nothing left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
import redis

from advisory_crm import embedded

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(port: int, data: Path, *options: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CRM_", "DATABASE", "REDIS"))}
    return subprocess.Popen(
        [sys.executable, "-m", "advisory_crm.development", "--port", str(port), *options],
        cwd=ROOT,
        env={**kept, "CRM_DATA": str(data)},
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for_line(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    pytest.fail(f"ended without saying {text!r}")


def processes_using(data: Path) -> list[str]:
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        command, environment = process.info["cmdline"] or [], process.info["environ"] or {}
        if environment.get("CRM_DATA") == str(data) or any(str(data) in part for part in command):
            found.append(" ".join(command))
    return found


def test_it_starts_answers_stops_and_starts_again(tmp_path):
    data = tmp_path / "var"
    port = free_port()
    for options in ([], ["--reset"]):
        process = start(port, data, "--no-demo", *options)
        wait_for_line(process, f"http://localhost:{port}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CRM_DATA", str(data))
            valkey = redis.Redis.from_url((embedded.data_folder() / "valkey.url").read_text())
        # Kept from one start to the next, unless it is told to forget.
        assert valkey.set("work of a firm", "waits", nx=True)
        valkey.close()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/web/", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=150)
        deadline = time.monotonic() + 20
        while processes_using(data) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert processes_using(data) == []


def test_a_taken_port_is_said_in_one_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(port, tmp_path / "var")
        assert process.wait(timeout=30) == 1
