"""What the command line's commands share."""

from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from firms.authorship import writing_as
from firms.models import Firm, User
from firms.wall import across_firms


class SignedCommand(BaseCommand):
    """Every command of ours is one: the history says which command made what it changes, and `--by` on whose behalf."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        with writing_as(command=type(self).__module__.rpartition(".")[2]):
            return super().execute(*args, **options)


def day_argument(text: str) -> date:
    """A day on the command line, for argparse's `type`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day of the calendar, written as 2026-03-02.") from None


def find_firm(text: str) -> Firm:
    """The firm of this number, else of exactly this name. Raises CommandError when there is none, or several."""
    with across_firms():
        found = list(Firm.objects.filter(pk=int(text))) if text.isdecimal() else []
        found = found or list(Firm.objects.filter(name=text))
    if not found:
        raise CommandError(f"No firm has the number or the name {text!r}.")
    if len(found) > 1:
        raise CommandError(f"Several firms are named {text!r}: give the number ({', '.join(str(firm.pk) for firm in found)}).")
    return found[0]


def find_user(firm: Firm, text: str) -> User:
    """The user of this number or e-mail in a firm that is entered. Raises CommandError when there is none."""
    users = User.objects.filter(firm_id=firm.pk)
    found = (users.filter(pk=int(text)) if text.isdecimal() else users.filter(email__iexact=text)).first()
    if found is None:
        raise CommandError(f"{firm} has no user {text!r}.")
    return found
