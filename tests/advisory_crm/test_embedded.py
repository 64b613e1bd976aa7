"""The embedded server and the one of docker-compose are set the same; commands join the Valkey that runs."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisory_crm import embedded


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder, as of a checkout where nothing runs, with a short name as sockets need."""
    with tempfile.TemporaryDirectory() as name:
        monkeypatch.setenv("CRM_DATA", name)
        yield Path(name)


@pytest.fixture
def running() -> str:
    """The address of this run's Valkey."""
    return os.environ["REDIS_URL"]


def test_a_command_joins_the_valkey_that_runs(folder: Path, running: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "valkey.url").write_text(running)
    monkeypatch.delenv("REDIS_URL")
    embedded.join_redis()
    assert os.environ["REDIS_URL"] == running


def test_where_none_runs_any_more_a_command_does_without(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL")
    embedded.join_redis()
    # What a server that was killed left behind.
    (folder / "valkey.url").write_text(f"redis://:secret@127.0.0.1:{embedded._free_port()}/0")
    embedded.join_redis()
    assert "REDIS_URL" not in os.environ


def test_a_server_that_is_configured_is_left_alone(folder: Path, running: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "valkey.url").write_text(running)
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere:6379/0")
    embedded.join_redis()
    assert os.environ["REDIS_URL"] == "redis://elsewhere:6379/0"


def test_the_application_role_has_the_same_settings_in_docker() -> None:
    script = (Path(embedded.__file__).parent.parent / "docker/create-roles.sh").read_text()
    said = [line for line in script.splitlines() if line.startswith("ALTER ROLE crm_app SET")]
    assert said == [f"ALTER ROLE crm_app SET {name} = {value};" for name, value in embedded.APPLICATION_SETTINGS.items()]
