"""A placement decided by a person, with a reason and an end. The computed placement goes on being computed beside it."""

from datetime import date, timedelta

from django.db import transaction

from clients.models import Client
from firms.background import request_planning
from firms.models import User
from segmentation.locking import firm_today, lock_scheme
from segmentation.models import Assignment, Drift, Placement, Segment

LONGEST = timedelta(days=731)


class OverrideRefused(Exception):
    """Nothing was written."""


class ReasonMissing(OverrideRefused):
    """An override says why."""


class ExpiryRefused(OverrideRefused):
    """An override ends on a day after today, within two years."""


class NotPlaced(OverrideRefused):
    """The scheme is not published, or it does not place this client (former or archived)."""


class NoOverride(OverrideRefused):
    """There is no override to end: it ran out, or someone ended it first."""


@transaction.atomic
def override_segment(*, client: Client, segment: Segment, reason: str, expires_on: date, by: User) -> Assignment:
    """Place a client by decision from today until `expires_on`, the first day it no longer holds.

    Raises ReasonMissing, ExpiryRefused or NotPlaced.
    """
    lock_scheme(segment.scheme_id, firm_id=by.firm_id)
    today = firm_today(by.firm_id)
    if not reason.strip():
        raise ReasonMissing
    if not today < expires_on <= today + LONGEST:
        raise ExpiryRefused
    placement = _placement(client=client, scheme_id=segment.scheme_id, firm_id=by.firm_id)
    return _begin(
        Assignment(
            client=client,
            scheme_id=segment.scheme_id,
            segment=segment,
            version_id=placement.version_id,
            starts_on=today,
            source=Assignment.Source.OVERRIDE,
            score=placement.score,
            score_y=placement.score_y,
            inputs=placement.inputs,
            reason=reason.strip(),
            expires_on=expires_on,
            by=by,
        )
    )


@transaction.atomic
def end_override(*, client: Client, scheme_id: int, by: User) -> Assignment:
    """Return a client to the computed segment today. Raises NoOverride or NotPlaced."""
    lock_scheme(scheme_id, firm_id=by.firm_id)
    current = Assignment.objects.filter(firm_id=by.firm_id, client=client, scheme_id=scheme_id, ends_on=None, source=Assignment.Source.OVERRIDE)
    if not current.exists():
        raise NoOverride
    placement = _placement(client=client, scheme_id=scheme_id, firm_id=by.firm_id)
    return _begin(
        Assignment(
            client=client,
            scheme_id=scheme_id,
            segment_id=placement.segment_id,
            version_id=placement.version_id,
            starts_on=firm_today(by.firm_id),
            source=Assignment.Source.COMPUTED,
            score=placement.score,
            score_y=placement.score_y,
            inputs=placement.inputs,
            by=by,
        )
    )


def _placement(*, client: Client, scheme_id: int, firm_id: int) -> Placement:
    found = Placement.objects.filter(firm_id=firm_id, client=client, scheme_id=scheme_id).first()
    if found is None:
        raise NotPlaced
    return found


def _begin(assignment: Assignment) -> Assignment:
    """End the current period and begin this one; what began the same day is replaced, so that no period is empty."""
    current = Assignment.objects.filter(firm_id=assignment.by.firm_id, client=assignment.client, scheme_id=assignment.scheme_id, ends_on=None)  # type: ignore[union-attr]
    current.filter(starts_on__gte=assignment.starts_on).delete()
    current.update(ends_on=assignment.starts_on)
    assignment.save()
    # Who is placed by decision, or as computed, does not drift.
    Drift.objects.filter(firm_id=assignment.firm_id, client=assignment.client, scheme_id=assignment.scheme_id).delete()
    request_planning(firm_id=assignment.firm_id, client_id=assignment.client_id)
    return assignment
