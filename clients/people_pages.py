"""What this room adds to the pages about colleagues: whose clients have nobody left to lead them."""

from typing import Any

from django.db.models import QuerySet
from django.template.loader import render_to_string

from clients.queries import leads_clients, unled, visible_to
from clients.readers import ReaderKind, values_of
from firms.counting import count_at_most
from firms.middleware import FirmRequest
from firms.models import User
from firms.permissions import Permission
from firms.statements import given, kept_statement

MOST_COUNTED = 100_000


@kept_statement
def _led(reader: ReaderKind, by_one: bool) -> QuerySet[Any, Any]:
    clients = visible_to(reader.stand_in()).filter(archived_at=None).order_by()
    return (clients.filter(adviser_id=given("adviser")) if by_one else unled(clients)).values("pk")


def render_led(request: FirmRequest, member: User | None) -> str:
    """Of one colleague, the clients led; of all, those whose adviser no longer works here."""
    if not request.user.may(Permission.VIEW_USERS):
        return ""
    values = values_of(request.user) | {"adviser": member and member.pk}
    count = count_at_most(MOST_COUNTED, clients=_led(ReaderKind.of(request.user), member is not None).with_values(**values))["clients"]
    if not count:
        return ""
    context = {"count": count, "member": member, "is_gone": member is None or not leads_clients(member)}
    return render_to_string("clients/_led.html", context, request=request)
