"""What putting a version in force would do to touchpoints: the room above says how to count it (touchpoints/apps.py)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from service_matrix.models import MatrixVersion


@dataclass(frozen=True)
class PlanEffect:
    """Touchpoints of the year ahead that would be added, changed, cancelled, and left as they are.

    `unplaced` clients are not in these figures: just added or classified, they have no place in their adviser's year until it is planned.
    """

    added: int
    changed: int
    cancelled: int
    kept: int
    unplaced: int = 0


Calculator = Callable[[MatrixVersion, date], PlanEffect]
_calculators: list[Calculator] = []


def register_effect(calculator: Calculator) -> None:
    """Say how to count what a version would do from a day on."""
    _calculators[:] = [calculator]


def effect_of(version: MatrixVersion, *, on: date) -> PlanEffect | None:
    """What the version would do if it were in force from a day on; None when nobody plans."""
    return _calculators[0](version, on) if _calculators else None
