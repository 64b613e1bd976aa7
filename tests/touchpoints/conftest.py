"""What the tests of this room share."""

import pytest
import vobject


def forget_zones() -> None:
    """The parser remembers the first zone it read under a name; each calendar is to be read with its own."""
    vars(vobject.icalendar)["__tzidMap"].clear()
    vobject.icalendar.registerTzid("UTC", vobject.icalendar.utc)


@pytest.fixture(autouse=True)
def zones_as_written() -> None:
    forget_zones()
