"""What the command line's commands share."""

from django.core.management.base import CommandError

from firms.models import Firm
from firms.wall import across_firms


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
