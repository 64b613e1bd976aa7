import io
import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from firms.membership import InvitationClosed, accept_invitation, find_invitation
from firms.models import Firm, User
from firms.onboarding import create_firm
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


def test_the_invited_administrator_is_there_from_the_start_and_let_in_by_the_link(alice: User, settings) -> None:
    result = run("Gamma", "--region", "FR", "--admin", "zoe@gamma.test")
    key = result["invitation"].removeprefix(f"{settings.SITE_URL}/invitation/").rstrip("/")
    enter_firm(result["firm"])
    awaited = User.objects.get()
    assert (awaited.email, awaited.role, awaited.has_usable_password()) == ("zoe@gamma.test", "admin", False)
    leave_firm()
    accept_invitation(key=key, name="Zoé Petit", password="a long enough phrase", language="fr")
    user = User.objects.get()
    assert (user.pk, user.name, user.check_password("a long enough phrase")) == (awaited.pk, "Zoé Petit", True)
    leave_firm()
    with pytest.raises(InvitationClosed):
        accept_invitation(key=key, name="Zoé Petit", password="another long phrase", language="fr")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--admin", "nobody"],
        ["--admin", "alice@alpha.test"],
        ["--admin", "zoe@gamma.test", "--password", "short"],
        ["--admin", "alice@alpha.test", "--password", "a long enough phrase"],
    ],
)
def test_what_cannot_sign_in_creates_no_firm(alice: User, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        run("Gamma", "--region", "FR", *arguments)
    with across_firms():
        assert set(Firm.objects.values_list("name", flat=True)) == {"Alpha Conseil", "Beta Patrimoine"}


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("Gamma\nConseil", [], "one line"),
        ("Gamma " * 21, [], "at most 120 characters"),
        ("", [], "cannot be blank"),
        ("Gamma", ["--admin-name", "Zoé " * 60], "at most 120 characters"),
        ("Gamma", ["--admin-name", "Zoé\nPetit"], "one line"),
        ("Gamma", ["--admin", f"{'.'.join(['gamma'] * 60)}@gamma.test"], "at most 254 characters"),
    ],
)
@pytest.mark.parametrize("way_in", [["--password", "a long enough phrase"], []], ids=["password", "invitation"])
def test_names_that_cannot_be_kept_are_refused_in_words(alice: User, name: str, options: list[str], words: str, way_in: list[str]) -> None:
    with pytest.raises(CommandError, match=words):
        run(name, "--region", "FR", "--admin", "zoe@gamma.test", *way_in, *options)
    with across_firms():
        assert set(Firm.objects.values_list("name", flat=True)) == {"Alpha Conseil", "Beta Patrimoine"}


@pytest.mark.parametrize("name", ["", "Gamma " * 21, "Gamma\nConseil"])
def test_a_firm_is_not_created_under_a_name_it_cannot_bear(alice: User, name: str) -> None:
    with pytest.raises(ValidationError):
        create_firm(name=name, region="FR")
    with across_firms():
        assert set(Firm.objects.values_list("name", flat=True)) == {"Alpha Conseil", "Beta Patrimoine"}
