"""Completing an annual review asks: keep the client's segment, or change it? Undoing the completion takes the answer back where it can."""

from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clients.interactions import InteractionDraft
from clients.models import Interaction
from firms.models import User
from firms.permissions import Permission
from segmentation.drift import ReasonMissing
from segmentation.models import Assignment, Drift, Reassessment, Segment
from segmentation.reassessing import note_before, reassess_client, take_back_reassessment
from touchpoints.models import OPEN, Touchpoint
from touchpoints.queue import complete_with_act
from touchpoints.refusals import QueueRefusal
from touchpoints.undoing import Along, note_along, takes_along

# The shipped type (service_matrix/catalogue.py) whose completion asks the question.
REVIEW_TYPE = "annual_review"
REASSESSMENT = "reassessment"


class Answer(models.TextChoices):
    KEEP = "keep", _("Keep")
    CHANGE = "change", _("Change…")
    LATER = "later", _("Decide later")


class KeptWithoutReason(QueueRefusal):
    def __str__(self) -> str:
        return gettext("The rules now say another segment: say why this client stays.")


@dataclass(frozen=True)
class KeepOrChange:
    """What the panel asks."""

    assignment: Assignment
    # What the rules now say, where it is another segment and nobody decided to keep the client.
    computed: Segment | None


def ask_keep_or_change(touchpoint: Touchpoint, *, reader: User) -> KeepOrChange | None:
    """The question of this touchpoint for this reader; None when it has none. Two statements at most."""
    if touchpoint.touchpoint_type.key != REVIEW_TYPE or touchpoint.status not in OPEN or not reader.may(Permission.OVERRIDE_SEGMENT):
        return None
    mine = {"firm_id": reader.firm_id, "client_id": touchpoint.client_id, "scheme_id": touchpoint.segment.scheme_id}
    assignment = Assignment.objects.filter(ends_on=None, **mine).select_related("segment", "scheme").first()
    if assignment is None:
        return None
    drift = Drift.objects.filter(**mine).exclude(state=Drift.State.KEPT).select_related("computed").first()
    return KeepOrChange(assignment, drift.computed if drift else None)


@transaction.atomic
def complete_review(*, touchpoint: Touchpoint, by: User, draft: InteractionDraft, answer: str, reason: str = "") -> Interaction:
    """Record that an annual review took place, and that the client's segment is kept when that was the answer.

    Raises AlreadyHandled, or KeptWithoutReason for a client whose computed segment changed; nothing is written then.
    """
    interaction, act = complete_with_act(touchpoint=touchpoint, by=by, draft=draft)
    mine = {"firm_id": by.firm_id, "client_id": touchpoint.client_id, "scheme_id": touchpoint.segment.scheme_id}
    current = Assignment.objects.filter(ends_on=None, **mine).select_related("scheme", "client").first()
    if answer == Answer.KEEP and current is not None:
        before = note_before(client=current.client, scheme=current.scheme)
        try:
            made = reassess_client(client=current.client, scheme=current.scheme, outcome=Reassessment.Outcome.KEPT, note=reason, by=by)
        except ReasonMissing:
            raise KeptWithoutReason from None
        note_along(act, key=REASSESSMENT, noted={"made": made.pk, "before": before})
    elif answer == Answer.CHANGE:
        last = Reassessment.objects.filter(**mine).order_by("-pk").values_list("pk", flat=True).first()
        note_along(act, key=REASSESSMENT, noted={"made": None, "after": last or 0, "scheme": touchpoint.segment.scheme_id})
    return interaction


def _take_back(touchpoint: Touchpoint, noted: dict[str, Any], by: User) -> str:
    """The answer to a review whose completion is undone: as if never given, or why it stays."""
    if noted["made"] is not None:
        return take_back_reassessment(reassessment_id=noted["made"], before=noted["before"], by=by)
    decided = Reassessment.objects.filter(
        firm_id=by.firm_id, client_id=touchpoint.client_id, scheme_id=noted["scheme"], pk__gt=noted["after"]
    )  # fmt: skip
    return gettext("What was decided of the client’s segment stays: it was decided on a page of its own.") if decided.exists() else ""


def register() -> None:
    takes_along(REASSESSMENT, Along(take_back=_take_back))
