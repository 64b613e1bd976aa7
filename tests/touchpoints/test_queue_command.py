"""`manage.py queue FIRM USER --on DATE`."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from firms.models import Firm, Support, User
from firms.wall import enter_firm, leave_firm
from tests.factories import make_client, make_user
from tests.touchpoints.rows import TODAY, make_touchpoint


@pytest.fixture
def assistant(alice: User) -> User:
    adviser = make_user(email="ana@alpha.test", name="Ana", role="adviser")
    user = make_user(email="marie@alpha.test", name="Marie", role="assistant")
    Support.objects.create(assistant=user, adviser=adviser)
    for name, rank, days in (("Roy", 2, 0), ("Côté", 1, 0), ("Gagnon", 3, -2), ("Morin", 1, 9)):
        make_touchpoint(client=make_client(adviser=adviser, name=name), rank=rank, due_on=TODAY + timedelta(days=days))
    return user


def run(*arguments: str) -> str:
    leave_firm()
    output = io.StringIO()
    call_command("queue", *arguments, stdout=output)
    return output.getvalue()


def test_it_lists_the_day_in_the_order_of_the_page(alpha: Firm, assistant: User) -> None:
    rows: list[dict[str, Any]] = json.loads(run("Alpha Conseil", "marie@alpha.test", "--on", TODAY.isoformat(), "--json"))
    assert [(row["section"], row["client"], row["segment"], row["days_to_window_end"]) for row in rows] == [
        ("late", "Gagnon", "Silver", 28),
        ("today", "Côté", "VIP", 30),
        ("today", "Roy", "Gold", 30),
    ]
    assert run(str(alpha.pk), str(assistant.pk), "--on", TODAY.isoformat(), "--view", "late").splitlines()[-1] == "1 touchpoints"


def test_it_refuses_who_is_not_there_in_one_line(alpha: Firm, beta: Firm, assistant: User) -> None:
    for firm, user in (("Nowhere", "marie@alpha.test"), ("Alpha Conseil", "nobody@alpha.test"), ("Beta Patrimoine", "marie@alpha.test")):
        with pytest.raises(CommandError):
            run(firm, user, "--on", TODAY.isoformat())
        enter_firm(alpha.pk)
