"""What the tests of this room share."""

from collections.abc import Iterator

import pytest
import time_machine
import vobject

from firms.models import User
from tests.factories import make_user


def forget_zones() -> None:
    """The parser remembers the first zone it read under a name; each calendar is to be read with its own."""
    vars(vobject.icalendar)["__tzidMap"].clear()
    vobject.icalendar.registerTzid("UTC", vobject.icalendar.utc)


@pytest.fixture(autouse=True)
def zones_as_written() -> None:
    forget_zones()


@pytest.fixture
def monday() -> Iterator[time_machine.Traveller]:
    """It is ten in the morning in Montréal, on rows.TODAY."""
    with time_machine.travel("2026-11-23T15:00:00Z", tick=False) as now:
        yield now


@pytest.fixture
def ana(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser")
