"""What this room adds to the pages about colleagues: whose clients have nobody left to lead them."""

from django.template.loader import render_to_string

from clients.queries import leads_clients, unled, visible_to
from firms.counting import count_at_most
from firms.middleware import FirmRequest
from firms.models import User
from firms.permissions import Permission

MOST_COUNTED = 100_000


def render_led(request: FirmRequest, member: User | None) -> str:
    """Of one colleague, the clients led; of all, those whose adviser no longer works here."""
    if not request.user.may(Permission.VIEW_USERS):
        return ""
    clients = visible_to(request.user).filter(archived_at=None).order_by()
    clients = unled(clients) if member is None else clients.filter(adviser=member)
    count = count_at_most(MOST_COUNTED, firm_id=request.user.firm_id, clients=clients)["clients"]
    if not count:
        return ""
    context = {"count": count, "member": member, "is_gone": member is None or not leads_clients(member)}
    return render_to_string("clients/_led.html", context, request=request)
