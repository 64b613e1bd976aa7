"""Docs/capacity.md in the plainest Python: every client, every occurrence, one by one, in minutes and fractions."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

ADVISER, ASSISTANT = "adviser", "assistant"


def minutes_by_role(minutes: int, performer: str, assistant_percent: int) -> dict[str, Fraction]:
    if performer == "either":
        assistants = Fraction(minutes) * assistant_percent / 100
        return {ADVISER: minutes - assistants, ASSISTANT: assistants}
    return {role: Fraction(minutes if role == performer else 0) for role in (ADVISER, ASSISTANT)}


def load_of_segment(
    *, clients: int, promises: Iterable[Any], reactive_minutes: int, assistant_percent: int, hourly_cost: Mapping[str, Any], revenue: Any
) -> dict[str, Any]:
    least = {ADVISER: Fraction(0), ASSISTANT: Fraction(0)}
    most = {ADVISER: Fraction(0), ASSISTANT: Fraction(0)}
    spent = Fraction(0)
    for _client in range(clients):
        for role, minutes in minutes_by_role(reactive_minutes, "either", assistant_percent).items():
            least[role] += minutes
            most[role] += minutes
        for promise in promises:
            for occurrence in range(promise.times_at_most or promise.times):
                is_owed = occurrence < promise.times
                for role, minutes in minutes_by_role(promise.minutes, promise.performer, assistant_percent).items():
                    most[role] += minutes
                    if is_owed:
                        least[role] += minutes
                if is_owed:
                    spent += Fraction(promise.direct_cost)
    labour: Fraction | None = Fraction(0)
    for role, minutes in least.items():
        if minutes and hourly_cost[role] is None:
            labour = None
        elif minutes and labour is not None:
            labour += minutes / 60 * Fraction(hourly_cost[role])
    expected: Fraction | None = Fraction(0)
    for _client in range(clients):
        expected = None if revenue is None or expected is None else expected + Fraction(revenue)
    return {
        "hours": {role: minutes / 60 for role, minutes in least.items()},
        "hours_at_most": {role: minutes / 60 for role, minutes in most.items()},
        "reactive_hours": Fraction(clients * reactive_minutes, 60),
        "direct_cost": spent,
        "labour_cost": labour,
        "expected_revenue": expected,
    }
