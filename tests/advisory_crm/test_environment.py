"""An unknown or malformed setting stops the start with its name."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "CRM_MODE": "production",
    "CRM_SECRET_KEY": "a-secret-of-the-test-of-enough-characters",
    "CRM_HOSTS": "crm.example",
    "CRM_SITE_URL": "https://crm.example",
    "DATABASE_URL": "postgresql://crm_app@localhost/crm",
    "REDIS_URL": "redis://localhost:6379/0",
}


def read_settings(**changes: str | None) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CRM_", "DATABASE", "REDIS"))}
    environment = {**kept, **PRODUCTION, **changes}
    return subprocess.run(
        [sys.executable, "-c", "import advisory_crm.settings"],
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_with_what_it_needs():
    assert read_settings().returncode == 0


@pytest.mark.parametrize("name", ["CRM_SECRET_KEY", "CRM_HOSTS", "CRM_SITE_URL", "DATABASE_URL", "REDIS_URL"])
def test_a_missing_setting_stops_the_start(name):
    result = read_settings(**{name: None})
    assert (result.returncode, result.stderr.startswith(f"{name} is required")) == (1, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CRM_MODE", "prod"),
        ("CRM_DEBUG_TOOLBAR", "on"),
        ("CRM_DEBUG", "on"),
        ("CRM_SECRET_KEY", "short"),
        ("CRM_SMTP_PORT", "twenty-five"),
        ("CRM_SMTP_TLS", "perhaps"),
        ("CRM_EMAIL", "pigeon"),
        ("DATABASE_URL", "mysql://crm@localhost/crm"),
        ("DATABASE_URL", "postgresql://crm@localhost:five/crm"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://localhost:six/0"),
        ("CRM_SITE_URL", "crm.example"),
        ("CRM_HOSTS", ","),
    ],
)
def test_a_malformed_or_unknown_setting_stops_the_start(name, value):
    result = read_settings(**{name: value})
    assert (result.returncode, result.stderr.startswith(name)) == (1, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [("CRM_SECRET_KEY", "hush"), ("DATABASE_URL", "postgresql://crm:hush@localhost:five/crm"), ("REDIS_URL", "redis://:hush@localhost:six/0")],
)
def test_a_secret_is_not_repeated_where_it_is_refused(name, value):
    result = read_settings(**{name: value})
    assert (result.returncode, result.stderr.startswith(name), "hush" in result.stdout + result.stderr) == (1, True, False)


@pytest.mark.parametrize("name", ["CRM_WEB_WORKERS", "CRM_WEB_THREADS"])
def test_a_malformed_size_of_the_web_server_stops_its_start(name):
    environment = {**os.environ, name: "two"}
    result = subprocess.run([sys.executable, "-c", "import advisory_crm.gunicorn"], env=environment, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr.startswith(name)) == (1, True)


def test_what_the_compose_file_passes_when_nothing_is_chosen_starts():
    passed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["web"]["environment"]
    # ${NAME:-the default} and ${NAME:?what to set}
    chosen = {
        name: re.sub(
            r"\$\{\w+:(?:-([^}]*)|\?[^}]*)\}", lambda found: found[1] if found[1] is not None else "chosen-and-long-enough-for-a-secret", value
        )
        for name, value in passed.items()
    }
    result = read_settings(**chosen)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_readme_lists_every_setting():
    code = "import advisory_crm.settings; from advisory_crm import environment; print(*environment.KNOWN)"
    names = set()
    for changes in ({}, {"CRM_MODE": "development"}, {"CRM_EMAIL": "brevo", "CRM_EMAIL_API_KEY": "key"}):
        result = subprocess.run([sys.executable, "-c", code], env={**os.environ, **PRODUCTION, **changes}, capture_output=True, text=True, check=True)
        names |= set(result.stdout.split())
    table = (ROOT / "README.md").read_text().split("### Configuration")[1].split("## Layout")[0]
    documented = {name for line in table.splitlines() if line.startswith("| `") for name in re.findall(r"`([A-Z_]{6,})`", line.split("|")[1])}
    assert documented == names
