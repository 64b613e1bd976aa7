"""Every night, and for who came since: placements follow the data, and what was decided for a day takes effect on it."""

import logging
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from clients.conditions import ConditionsRefused
from firms.background import request_planning
from segmentation.drift import automatic_movers
from segmentation.locking import firm_today
from segmentation.models import Placement, Scheme, SchemeVersion
from segmentation.notices import tell_of_refusal
from segmentation.publishing import RulesRefused, place_and_assign, publish_scheduled
from segmentation.reminding import remind
from segmentation.rules import load_rules
from segmentation.scoring import PLACED_STATUSES, AssignmentCounts, book_of

logger = logging.getLogger(__name__)
Status = SchemeVersion.Status


def tend_schemes(*, firm_id: int, today: date | None = None) -> AssignmentCounts:
    """What a tick does for one firm: once a local day everything is computed anew; between, whoever came or left is seen to.

    Placements follow the data. Assignments move by themselves only where an override has run out, or where the firm says that
    clients of a scheme follow their data. Must run in the firm. A scheme that is being published is left to the next tick.
    """
    today = today or firm_today(firm_id)
    _publish_what_is_due(firm_id=firm_id, today=today)
    remind(firm_id=firm_id, today=today)
    total = AssignmentCounts()
    for scheme in Scheme.objects.filter(firm_id=firm_id, versions__status=Status.PUBLISHED).order_by("pk"):
        if scheme.placed_on is not None and scheme.placed_on >= today and not has_arrivals_or_leavers(scheme_id=scheme.pk, firm_id=firm_id):
            continue
        try:
            counts = place_newcomers(scheme_id=scheme.pk, firm_id=firm_id, today=today)
        except ConditionsRefused:
            # Its rules ask about something that is gone: everybody stays where they are, and the scheme's page says so.
            logger.warning("scheme_unreadable", extra={"scheme_id": scheme.pk})
            continue
        total = AssignmentCounts(moved=total.moved + counts.moved, arrived=total.arrived + counts.arrived, left=total.left + counts.left)
    # At the end: who changes a client holds it before the firm's row, and so must this.
    if total:
        request_planning(firm_id=firm_id)
    return total


def _publish_what_is_due(*, firm_id: int, today: date) -> None:
    """Versions scheduled for today or a day that was missed. One that can no longer be published waits: its page says why, and the
    administrators are told once.
    """
    for version in SchemeVersion.objects.select_related("scheme").filter(firm_id=firm_id, status=Status.SCHEDULED, effective_on__lte=today):
        try:
            with transaction.atomic():
                publish_scheduled(version=version, today=today)
        except RulesRefused:
            logger.warning("scheduled_refused", extra={"version_id": version.pk})
            tell_of_refusal(version=version)


@transaction.atomic
def place_newcomers(*, scheme_id: int, firm_id: int, today: date) -> AssignmentCounts:
    """Compute everyone anew, assign who came, end who left, return who is out of an override; nobody else moves unless the scheme says so."""
    scheme = Scheme.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=scheme_id, firm_id=firm_id).first()
    if scheme is None:
        return AssignmentCounts()
    version = SchemeVersion.objects.filter(firm_id=firm_id, scheme=scheme, status=Status.PUBLISHED).first()
    if version is None:
        return AssignmentCounts()
    return place_and_assign(scheme=scheme, version=version, rules=load_rules(version), on=today, movers=automatic_movers(scheme))


def has_arrivals_or_leavers(*, scheme_id: int, firm_id: int) -> bool:
    """Whether someone should be placed and is not, or is assigned and should not be. Two index scans, the first hit ends them."""
    placed = Placement.objects.filter(firm_id=firm_id, scheme_id=scheme_id, client_id=OuterRef("pk"))
    if book_of(firm_id).filter(~Exists(placed)).exists():
        return True
    gone = Q(client__archived_at__isnull=False) | ~Q(client__status__in=PLACED_STATUSES)
    return Placement.objects.filter(gone, firm_id=firm_id, scheme_id=scheme_id).exists()
