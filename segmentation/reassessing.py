"""The annual review of a client's place: kept, moved to the computed segment, or placed by decision; and who waits for one.

Nobody is left unlooked at: a client waits for a reassessment twelve months after the last one, or after it was first placed
in the scheme. A reassessment moves the client's next review on by a year.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from clients.models import Client
from clients.queries import visible_to
from firms.background import request_planning
from firms.formats import in_language
from firms.models import User
from segmentation.drift import ReasonMissing
from segmentation.locking import firm_today, lock_scheme
from segmentation.models import Assignment, Drift, Placement, Reassessment, Scheme, Segment
from segmentation.overriding import NotPlaced, end_override, override_segment
from segmentation.scoring import Movers, assign_book

Outcome = Reassessment.Outcome
MONTHS = 12


class NothingToChange(Exception):
    """The client is in its computed segment already; nothing was written."""


def a_year_after(day: date) -> date:
    """The same day of the next year; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def a_year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


@transaction.atomic
def reassess_client(
    *,
    client: Client,
    scheme: Scheme,
    outcome: str,
    by: User,
    note: str = "",
    segment: Segment | None = None,
    expires_on: date | None = None,
) -> Reassessment:
    """Record that a person looked at a client's place, do what they decided, and move the client's next review on by a year.

    Kept: stays; a drifting client is kept for the reason in `note`. Changed: moves to the computed segment today, out of an
    override too. Overridden: placed in `segment` until `expires_on`, for the reason in `note`.

    Raises NotPlaced, NothingToChange, ReasonMissing, and what `override_segment` raises; nothing is written then.
    """
    # The client before its scheme and the firm's row, as whoever changes a client does.
    client = Client.objects.select_for_update(no_key=True).get(firm_id=by.firm_id, pk=client.pk)
    lock_scheme(scheme.pk, firm_id=by.firm_id)
    today = firm_today(by.firm_id)
    if outcome == Outcome.OVERRIDDEN:
        if segment is None or expires_on is None or segment.scheme_id != scheme.pk:
            raise NotPlaced
        override_segment(client=client, segment=segment, reason=note, expires_on=expires_on, by=by)
    elif outcome == Outcome.CHANGED:
        _follow_the_rules(client=client, scheme=scheme, today=today, by=by)
    else:
        _keep(client=client, scheme=scheme, note=note, by=by)
    current = Assignment.objects.filter(firm_id=by.firm_id, client=client, scheme=scheme, ends_on=None).first()
    if current is None:
        raise NotPlaced
    Client.objects.filter(pk=client.pk).update(next_review_on=a_year_after(today))
    return Reassessment.objects.create(
        client=client, scheme=scheme, segment_id=current.segment_id, on=today, by=by, outcome=outcome, note=note.strip()
    )


def _follow_the_rules(*, client: Client, scheme: Scheme, today: date, by: User) -> None:
    placement = Placement.objects.select_related("version").filter(firm_id=by.firm_id, client=client, scheme=scheme).first()
    current = Assignment.objects.filter(firm_id=by.firm_id, client=client, scheme=scheme, ends_on=None).first()
    if placement is None or current is None:
        raise NotPlaced
    if current.source == Assignment.Source.OVERRIDE:
        end_override(client=client, scheme_id=scheme.pk, by=by)
        return
    if current.segment_id == placement.segment_id:
        raise NothingToChange
    assign_book(version=placement.version, on=today, movers=Movers.EVERYONE, by_id=by.pk, client_ids=[client.pk])
    Drift.objects.filter(firm_id=by.firm_id, client=client, scheme=scheme).delete()
    request_planning(firm_id=by.firm_id, client_id=client.pk)


def _keep(*, client: Client, scheme: Scheme, note: str, by: User) -> None:
    drifting = Drift.objects.filter(firm_id=by.firm_id, client=client, scheme=scheme).exclude(state=Drift.State.KEPT)
    if drifting.exists():
        if not note.strip():
            raise ReasonMissing
        drifting.update(state=Drift.State.KEPT, reason=note.strip(), until=None, by=by, decided_at=Now())


# --- Taken back ---

_DECIDED = ("state", "until", "reason", "by_id", "decided_at")


def note_before(*, client: Client, scheme: Scheme) -> dict[str, Any]:
    """What keeping a client as is changes, as it is before, for `take_back_reassessment`: as JSON. Within the transaction that then reassesses."""
    client = Client.objects.select_for_update(no_key=True).get(firm_id=scheme.firm_id, pk=client.pk)
    lock_scheme(scheme.pk, firm_id=scheme.firm_id)
    drift = Drift.objects.filter(firm_id=scheme.firm_id, client=client, scheme=scheme).exclude(state=Drift.State.KEPT).values(*_DECIDED).first()
    decided = {name: value.isoformat() if isinstance(value, date) else value for name, value in drift.items()} if drift else None
    return {"next_review_on": client.next_review_on.isoformat() if client.next_review_on else None, "drift": decided}


@transaction.atomic
def take_back_reassessment(*, reassessment_id: int, before: Mapping[str, Any], by: User) -> str:
    """Undo that a client was kept as is: as if nobody had looked. What came after is not undone: then the reassessment stays, and this says why
    in the active language; empty when it is gone."""
    made = Reassessment.objects.filter(firm_id=by.firm_id, pk=reassessment_id).first()
    if made is None:
        return ""
    client = Client.objects.select_for_update(no_key=True).get(firm_id=by.firm_id, pk=made.client_id)
    lock_scheme(made.scheme_id, firm_id=by.firm_id)
    mine = {"firm_id": by.firm_id, "client_id": made.client_id, "scheme_id": made.scheme_id}
    if Reassessment.objects.filter(pk__gt=made.pk, **mine).exists():
        return _("The reassessment stays: the client was reassessed again since.")
    if not Assignment.objects.filter(ends_on=None, segment_id=made.segment_id, **mine).exists():
        return _("The reassessment stays: the client’s segment has changed since.")
    if client.next_review_on != a_year_after(made.on):
        return _("The reassessment stays: the client’s next review was set anew since.")
    drifts = Drift.objects.filter(**mine)
    if before["drift"] is not None and drifts.exists():
        # Kept for this very reason; the night may have removed it since, when the rules agree again.
        restored = dict(before["drift"])
        if not drifts.filter(state=Drift.State.KEPT, reason=made.note, by_id=made.by_id).update(**restored):
            return _("The reassessment stays: what the rules now say of the client was decided anew since.")
    Client.objects.filter(pk=client.pk).update(next_review_on=before["next_review_on"])
    made.delete()
    return ""


@dataclass(frozen=True)
class Kept:
    done: int
    # They drift, were reassessed meanwhile, or are no longer placed.
    passed: int


@transaction.atomic
def keep_as_is(*, clients: Sequence[int], scheme: Scheme, by: User) -> Kept:
    """Reassess many clients at once: each stays where it is. Those whose drift waits are passed over: each deserves a look."""
    today = firm_today(by.firm_id)
    # In order of number, so that two people who keep the same clients wait for each other and none is reassessed twice.
    locked = list(Client.objects.select_for_update(no_key=True).filter(pk__in=visible_to(by).filter(pk__in=clients)).order_by("pk"))
    waiting = due_for_reassessment(by, scheme=scheme, today=today).filter(pk__in=[client.pk for client in locked])
    kept = list(waiting.filter(~Exists(drift_of(scheme))).values_list("pk", flat=True))
    current = Assignment.objects.filter(firm_id=by.firm_id, scheme=scheme, ends_on=None, client_id__in=kept).values_list("client_id", "segment_id")
    Reassessment.objects.bulk_create(
        Reassessment(client_id=client_id, scheme=scheme, segment_id=segment_id, on=today, by=by, outcome=Outcome.KEPT)
        for client_id, segment_id in current
    )
    Client.objects.filter(firm_id=by.firm_id, pk__in=kept).update(next_review_on=a_year_after(today))
    return Kept(len(kept), len(set(clients)) - len(kept))


# --- Who waits for one ---


def drift_of(scheme: Scheme) -> QuerySet[Drift]:
    """The drift of a client (the outer row) that nobody decided to keep."""
    return Drift.objects.filter(firm_id=scheme.firm_id, scheme=scheme, client_id=OuterRef("pk")).exclude(state=Drift.State.KEPT)


def _waits(scheme: Scheme, *, today: date) -> Q:
    """Twelve months after the last reassessment, or else after the first placement in the scheme."""
    before = a_year_before(today)
    placed = Assignment.objects.filter(firm_id=scheme.firm_id, scheme=scheme, client_id=OuterRef("pk"))
    looked_at = Reassessment.objects.filter(firm_id=scheme.firm_id, scheme=scheme, client_id=OuterRef("pk"), on__gt=before)
    return Q(Exists(placed.filter(ends_on=None))) & Q(Exists(placed.filter(starts_on__lte=before))) & ~Q(Exists(looked_at))


def due_for_reassessment(user: User, *, scheme: Scheme, today: date) -> QuerySet[Client]:
    """Clients this user may see whom nobody has reassessed in this scheme for twelve months."""
    return visible_to(user).filter(_waits(scheme, today=today), archived_at=None)


@dataclass(frozen=True)
class Progress:
    """One adviser's book in a scheme."""

    adviser_id: int
    adviser: str
    placed: int
    waiting: int
    # Of those who wait, the ones whose segment the rules no longer compute.
    drifting: int

    @property
    def up_to_date(self) -> int:
        return self.placed - self.waiting


def progress_by_adviser(user: User, *, scheme: Scheme, today: date) -> list[Progress]:
    """How far each adviser is, most waiting first. One statement."""
    placed = Assignment.objects.filter(firm_id=scheme.firm_id, scheme=scheme, client_id=OuterRef("pk"), ends_on=None)
    rows = (
        visible_to(user)
        .filter(Exists(placed), archived_at=None)
        .annotate(waits=Exists(Client.objects.filter(_waits(scheme, today=today), pk=OuterRef("pk"))), drifts=Exists(drift_of(scheme)))
        .order_by()
        .values_list("adviser_id", "adviser__name")
        .annotate(placed=Count("pk"), waiting=Count("pk", filter=Q(waits=True)), drifting=Count("pk", filter=Q(waits=True, drifts=True)))
    )
    return sorted((Progress(*row) for row in rows), key=lambda row: (-row.waiting, row.adviser))


def with_what_is_known(clients: QuerySet[Client], *, scheme: Scheme) -> QuerySet[Client]:
    """What a list of clients to reassess shows beside each: segment, last reassessment, and whether the rules say another segment."""
    current = Assignment.objects.filter(firm_id=scheme.firm_id, scheme=scheme, client_id=OuterRef("pk"), ends_on=None)
    done = Reassessment.objects.filter(firm_id=scheme.firm_id, scheme=scheme, client_id=OuterRef("pk")).order_by("-on", "-pk")
    drift = Drift.objects.filter(firm_id=scheme.firm_id, scheme=scheme, client_id=OuterRef("pk")).exclude(state=Drift.State.KEPT)
    segment = in_language(en="segment__name_en", fr="segment__name_fr")
    computed = in_language(en="computed__name_en", fr="computed__name_fr")
    return clients.select_related("adviser").annotate(
        segment_name=Subquery(current.values(segment)[:1]),
        segment_rank=Subquery(current.values("segment__rank")[:1]),
        reassessed_on=Subquery(done.values("on")[:1]),
        computed_name=Subquery(drift.values(computed)[:1]),
        computed_rank=Subquery(drift.values("computed__rank")[:1]),
    )
