"""When the planner runs, and what it does besides planning: what is missed, what is withdrawn."""

from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from clients.models import Client
from firms.calendar import local_time
from firms.models import Firm, PlanningRequest
from firms.wall import across_firms, acting_for
from touchpoints.models import Status, Touchpoint
from touchpoints.planning.reconciling import PlanResult, reconcile, replan_clients
from touchpoints.planning.statements import SERVED
from touchpoints.queue import CLAIM_HOLDS

NIGHT_HOUR = 2
# Requests for more clients than this are answered by a run of the firm.
MOST_CLIENTS = 200


def is_night(firm: Firm) -> bool:
    """The night has come in the firm's own time zone, and its run is still to do."""
    now = local_time(firm)
    return now.hour >= NIGHT_HOUR and (firm.planned_on is None or firm.planned_on < now.date())


def list_due_firms() -> list[Firm]:
    """Whose night has come, and who asked."""
    with across_firms():
        asking = set(PlanningRequest.objects.values_list("firm_id", flat=True))
        return [firm for firm in Firm.objects.all() if firm.pk in asking or is_night(firm)]


def plan_if_due(*, firm_id: int) -> PlanResult | None:
    """The nightly run, or the answer to requests; nothing when neither is due.

    A request committed after this run began is left for the next, whenever it was written: those seen here are removed one by one.
    """
    with acting_for(firm_id):
        firm = Firm.objects.get(pk=firm_id)
        answered = dict(PlanningRequest.objects.filter(firm_id=firm_id).values_list("pk", "client_id"))
    if not answered and not is_night(firm):
        return None
    today = local_time(firm).date()
    asking = {client_id for client_id in answered.values() if client_id is not None}
    if is_night(firm) or None in answered.values() or len(asking) > MOST_CLIENTS:
        result = _plan_firm(firm_id=firm_id, today=today)
    else:
        result = replan_clients(firm_id=firm_id, client_ids=asking, start=today)
    with acting_for(firm_id):
        withdraw_unserved(firm_id=firm_id)
        PlanningRequest.objects.filter(firm_id=firm_id, pk__in=answered).delete()
    return result


def _plan_firm(*, firm_id: int, today: date) -> PlanResult:
    result = reconcile(firm_id=firm_id, start=today)
    with acting_for(firm_id):
        mark_missed(firm_id=firm_id, today=today)
        Firm.objects.filter(pk=firm_id).update(planned_on=today)
    return result


@transaction.atomic
def mark_missed(*, firm_id: int, today: date) -> int:
    """Mark the firm's touchpoints whose window ended before today, unless somebody is on them now. Returns how many."""
    return _free().filter(firm_id=firm_id, due_on__lt=today, window_ends_on__lt=today).update(status=Status.MISSED, closed_at=Now())


@transaction.atomic
def withdraw_unserved(*, firm_id: int) -> int:
    """Cancel what people had snoozed or let lie for clients who were archived, merged or left since. Returns how many.

    They become the planner's own cancellations, so that whoever comes back is owed them again.
    """
    unserved = Client.objects.filter(firm_id=firm_id).exclude(archived_at=None, status__in=SERVED)
    held = _free().filter(Q(is_hand_set=True) | Q(status=Status.CLAIMED), firm_id=firm_id, client__in=unserved)
    return held.update(status=Status.CANCELLED, closed_at=Now(), is_hand_set=False, snoozed_until=None, claimed_by=None, claimed_at=None)


def _free() -> QuerySet[Touchpoint]:
    """Open touchpoints that nobody is on now."""
    return Touchpoint.objects.filter(Q(status=Status.PLANNED) | Q(status=Status.CLAIMED, claimed_at__lte=timezone.now() - CLAIM_HOLDS))
