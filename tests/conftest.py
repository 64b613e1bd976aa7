"""Tests run as the application role, inside the firm wall, on a database migrated by the owner role."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

from advisory_crm.celery import app as celery_app
from firms.models import Firm, User
from firms.wall import enter_firm
from tests import factories
from tests.browser import chromium, pytest_terminal_summary, visitor
from tests.database import create_test_database, empty_database

__all__ = ["chromium", "pytest_terminal_summary", "visitor"]

# How long a machine takes says nothing of what is tested.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
# A request makes thousands of objects, hardly one of them in a circle: looking for those every 700 took a fourteenth of the time.
gc.set_threshold(20_000, 20, 50)


# What takes a process more than half a minute, the longest first: begun last, one process would go on alone with it at the end.
LONGEST_FIRST = (
    "tests/test_access.py",
    "tests/drills/test_drills.py",
    "tests/test_pages.py",
    "tests/touchpoints/test_pages_browser.py",
    "tests/api/test_schema.py",
    "tests/touchpoints/test_audit_browser.py",
    "tests/segmentation/test_what_if_browser.py",
    "tests/clients/test_browser.py",
    "tests/clients/test_filters_browser.py",
    "tests/segmentation/test_review_browser.py",
    "tests/touchpoints/test_daily_work_browser.py",
    "tests/segmentation/test_browser.py",
    "tests/advisory_crm/test_development.py",
    "tests/advisory_crm/test_production.py",
    "tests/clients/test_records_browser.py",
    "tests/segmentation/test_history_browser.py",
    "tests/touchpoints/test_calendar_browser.py",
    "tests/touchpoints/test_demonstration.py",
    "tests/service_matrix/test_browser.py",
    "tests/touchpoints/test_planning_at_once.py",
    "tests/clients/importing/test_import_browser.py",
    "tests/touchpoints/test_capacity_browser.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file at a time goes to whichever process is free (bin/test): the longest go first."""
    if missing := [name for name in LONGEST_FIRST if not (Path(__file__).parent.parent / name).exists()]:
        raise pytest.UsageError(f"LONGEST_FIRST names what is not there: {', '.join(missing)}")
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None) -> Iterator[None]:
    """Create the test database as its owner; the tests' own connection is the application role's."""
    with django_db_blocker.unblock():
        owner = connections["owner"]
        real_name = connections["default"].settings_dict["NAME"]
        test_name = owner.creation._get_test_db_name()  # type: ignore[attr-defined]
        # `migrate` reads both aliases: point the application's at the new database before it runs.
        connections["default"].settings_dict["NAME"] = test_name
        create_test_database(owner)
        with pytest.MonkeyPatch.context() as patch:
            # How pytest-django's tests that commit leave the database to the next.
            patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _test: empty_database(test_name))
            yield
        for alias in connections:
            connections[alias].close()
        owner.creation.destroy_test_db(real_name, verbosity=0)


@pytest.fixture
def alpha(db: None) -> Firm:
    """Alice's firm, in Québec."""
    return factories.make_firm(name="Alpha Conseil", region="CA-QC")


@pytest.fixture
def beta(db: None) -> Firm:
    """Bob's firm, in France: whatever a test reads must never come from here."""
    return factories.make_firm(name="Beta Patrimoine", region="FR")


@pytest.fixture
def alice(alpha: Firm, beta: Firm) -> User:
    """Administrator of alpha; the test goes on inside her firm, with beta populated beside it."""
    enter_firm(beta.pk)
    factories.populate(beta)
    enter_firm(alpha.pk)
    return factories.make_user(email="alice@alpha.test", name="Alice Roy", role="admin")


@pytest.fixture(autouse=True)
def testing_differs_in_two_settings(settings: Any) -> None:
    """Django's test runner would catch e-mail in memory; and a hash that is slow on purpose would take most of the tests' time."""
    settings.EMAIL_BACKEND = "messaging.mail.OutboxBackend"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A real Celery worker over the real Valkey, in a thread."""
    celery_app.control.purge()
    with start_worker(celery_app, perform_ping_check=False, shutdown_timeout=30):
        yield
