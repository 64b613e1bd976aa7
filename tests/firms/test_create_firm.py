import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from firms.membership import find_invitation
from firms.models import Firm, User
from firms.wall import across_firms, enter_firm, leave_firm


def run(*arguments: str) -> Any:
    leave_firm()
    output = io.StringIO()
    call_command("create_firm", *arguments, "--json", stdout=output)
    made: dict[str, Any] = json.loads(output.getvalue())
    return made


def test_a_firm_begins_with_an_invitation(alice: User, settings) -> None:
    result = run("Gamma", "--region", "FR", "--admin", "Zoé@gamma.test".replace("é", "e"), "--admin-name", "Zoé Petit", "--language", "en")
    key = result["invitation"].removeprefix(f"{settings.SITE_URL}/invitation/").rstrip("/")
    leave_firm()
    invitation, firm = find_invitation(key)
    assert (invitation.email, invitation.name, invitation.role, firm.name, firm.region, firm.time_zone, firm.language) == (
        "zoe@gamma.test",
        "Zoé Petit",
        "admin",
        "Gamma",
        "FR",
        "Europe/Paris",
        "en",
    )


def test_a_firm_begins_with_a_password(alice: User) -> None:
    result = run("Gamma", "--region", "CA-QC", "--admin", "zoe@gamma.test", "--password", "a long enough phrase")
    enter_firm(result["firm"])
    user = User.objects.get()
    assert (user.pk, user.email, user.role, user.check_password("a long enough phrase")) == (result["user"], "zoe@gamma.test", "admin", True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--admin", "nobody"],
        ["--admin", "zoe@gamma.test", "--password", "short"],
        ["--admin", "alice@alpha.test", "--password", "a long enough phrase"],
    ],
)
def test_what_cannot_sign_in_creates_no_firm(alice: User, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        run("Gamma", "--region", "FR", *arguments)
    with across_firms():
        assert set(Firm.objects.values_list("name", flat=True)) == {"Alpha Conseil", "Beta Patrimoine"}


def test_a_firm_whose_name_is_not_one_line_is_refused(alice: User) -> None:
    with pytest.raises(CommandError, match="one line"):
        run("Gamma\nConseil", "--region", "FR", "--admin", "zoe@gamma.test")
    with across_firms():
        assert not Firm.objects.filter(name__startswith="Gamma").exists()
