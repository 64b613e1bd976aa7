"""From draft to decision: a version is published, everybody is placed, and the planner is asked to follow.

Everything that writes placements or assignments holds the lock of its scheme, so that two publications, a night's run and
an override never cross. A book is placed inside the request up to `LARGEST_INLINE` clients (about a second), by a job beyond.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from firms.background import request_planning
from firms.jobs import JobRefused, job_kind, start_job
from firms.models import Job, User
from firms.statistics import joining_whole_books, refresh_statistics
from segmentation.drafting import AlreadyPublished, StaleDraft, discard_draft, save_draft, start_draft
from segmentation.drift import find_drift
from segmentation.linting import Problem, errors_among, lint_version
from segmentation.locking import firm_today, lock_scheme
from segmentation.models import Assignment, Scheme, SchemeVersion
from segmentation.notices import tell_of_publication
from segmentation.progress import mark_stage
from segmentation.queries import clients_by_segment
from segmentation.rules import Rules, segments_by_rank
from segmentation.scoring import AssignmentCounts, Movers, assign_book, book_of, place_book
from segmentation.territory import read_ranges

LARGEST_INLINE = 10_000
# How far ahead a publication may be decided.
FARTHEST = timedelta(days=366)
JOB_KIND = "publish_scheme"
Status = SchemeVersion.Status


class RulesRefused(Exception):
    """The draft has problems; nothing was published."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.at}: {problem.message}" for problem in problems))
        self.problems = problems


class DateRefused(Exception):
    """A publication takes effect today or within a year; nothing was written."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    version: SchemeVersion
    # Clients now in each segment, by rank; overrides count where they are.
    counts: dict[int, int]
    assignments: AssignmentCounts


class Stage(IntEnum):
    """How far a publication is."""

    SCORING = 1
    MOVING = 2
    COMPARING = 3
    COUNTING = 4


def _tell_nobody(stage: Stage) -> None:
    pass


@transaction.atomic
def publish_version(
    *,
    version: SchemeVersion,
    by: User | None,
    revision: int | None = None,
    on: date | None = None,
    note: str | None = None,
    simulation: dict[str, Any] | None = None,
    reached: Callable[[Stage], None] = _tell_nobody,
) -> Publication:
    """Put a draft, or what was scheduled, in force from today: retire the version before it, place everybody, and ask the planner to follow.

    `revision` is the draft the person decided on, `simulation` what they were shown of it. Raises RulesRefused, StaleDraft, or
    AlreadyPublished when another decision came first; nothing is written then. The firm's other administrators are told.
    """
    scheme = lock_scheme(version.scheme_id, firm_id=version.firm_id)
    version, rules = _decidable(version, revision=revision)
    on = on or firm_today(version.firm_id)
    was_scheduled = version.status == Status.SCHEDULED
    SchemeVersion.objects.filter(firm_id=version.firm_id, scheme=scheme, status=Status.PUBLISHED).update(status=Status.RETIRED)
    version.status, version.published_at, version.published_by, version.effective_on = Status.PUBLISHED, timezone.now(), by, on
    version.note = version.note if note is None else note
    if not was_scheduled:
        version.decided_at, version.simulation = version.published_at, simulation
    version.save(update_fields=["status", "published_at", "published_by", "effective_on", "note", "decided_at", "simulation"])
    assignments = place_and_assign(scheme=scheme, version=version, rules=rules, on=on, movers=Movers.EVERYONE, by=by, reached=reached)
    _become_service_scheme_if_none(scheme)
    reached(Stage.COUNTING)
    counts = count_assigned(scheme_id=scheme.pk, firm_id=version.firm_id)
    # Who decided weeks ago is not looking: they are told like the others.
    tell_of_publication(version=version, by=by, moved=assignments.moved, arrived=assignments.arrived, also_author=was_scheduled)
    request_planning(firm_id=version.firm_id)
    return Publication(version=version, counts=counts, assignments=assignments)


def _decidable(version: SchemeVersion, *, revision: int | None) -> tuple[SchemeVersion, Rules]:
    """The version as it stands under the lock, free of errors. Who decides on a draft (`revision`) comes second to who scheduled it."""
    version = SchemeVersion.objects.select_related("published_by", "scheme").get(pk=version.pk, firm_id=version.firm_id)
    if version.status not in {Status.DRAFT, Status.SCHEDULED} or (version.status == Status.SCHEDULED and revision is not None):
        raise AlreadyPublished(version)
    if revision is not None and version.revision != revision:
        raise StaleDraft(version)
    rules, problems = lint_version(version)
    if rules is None or errors_among(problems):
        raise RulesRefused(errors_among(problems))
    return version, rules


def place_and_assign(
    *,
    scheme: Scheme,
    version: SchemeVersion,
    rules: Rules,
    on: date,
    movers: Movers,
    by: User | None = None,
    reached: Callable[[Stage], None] = _tell_nobody,
) -> AssignmentCounts:
    """Compute everyone, end the overrides that ran out, move whom `movers` says, and see who drifts. The caller holds the scheme's lock."""
    reached(Stage.SCORING)
    first = scheme.placed_on is None
    with joining_whole_books():
        written = place_book(version=version, rules=rules, on=on)
        refresh_statistics("segmentation_placement", written=written, first=first)
        ended = _end_expired_overrides(scheme_id=scheme.pk, firm_id=version.firm_id, on=on)
        ranges = read_ranges(rules, scheme_id=scheme.pk, firm_id=version.firm_id)
        if movers is Movers.DRIFTED:
            find_drift(version=version, rules=rules, score_ranges=ranges, on=on)
        reached(Stage.MOVING)
        counts = assign_book(version=version, on=on, movers=movers, by_id=by.pk if by else None)
        refresh_statistics("segmentation_assignment", written=counts.arrived + counts.moved, first=first)
        reached(Stage.COMPARING)
        find_drift(version=version, rules=rules, score_ranges=ranges, on=on)
    Scheme.objects.filter(pk=scheme.pk, firm_id=version.firm_id).update(placed_on=on, score_ranges=ranges)
    # Who comes back from an override is assigned anew, and counts as moved.
    return AssignmentCounts(moved=counts.moved + ended, arrived=counts.arrived - ended, left=counts.left)


def _end_expired_overrides(*, scheme_id: int, firm_id: int, on: date) -> int:
    """Overrides end on their day; the assignment that follows is the computed one."""
    return Assignment.objects.filter(
        firm_id=firm_id, scheme_id=scheme_id, ends_on=None, source=Assignment.Source.OVERRIDE, expires_on__lte=on, starts_on__lt=on
    ).update(ends_on=on)


def _become_service_scheme_if_none(scheme: Scheme) -> None:
    """The first scheme a firm publishes drives the service matrix. Published at the same moment, one of two does."""
    if Scheme.objects.filter(firm_id=scheme.firm_id, is_service=True).exists():
        return
    try:
        with transaction.atomic():
            Scheme.objects.filter(pk=scheme.pk, firm_id=scheme.firm_id).update(is_service=True)
    except IntegrityError:
        return


@transaction.atomic
def make_service_scheme(*, scheme: Scheme, by: User) -> None:
    """Let this scheme drive the service matrix from now on. Raises RulesRefused while it is not published."""
    if not SchemeVersion.objects.filter(firm_id=by.firm_id, scheme=scheme, status=Status.PUBLISHED).exists():
        raise RulesRefused([Problem("cuts", _("Publish the scheme first."))])
    list(Scheme.objects.select_for_update(no_key=True).filter(firm_id=by.firm_id).order_by("pk"))
    Scheme.objects.filter(firm_id=by.firm_id, is_service=True).update(is_service=False)
    Scheme.objects.filter(pk=scheme.pk, firm_id=by.firm_id).update(is_service=True)
    request_planning(firm_id=by.firm_id)


def let_clients_move(*, scheme: Scheme, moves: bool, by: User) -> None:
    """Whether clients follow the rules by themselves every night; otherwise who would move waits for a person to decide."""
    Scheme.objects.filter(pk=scheme.pk, firm_id=by.firm_id).update(moves_by_itself=moves)


def count_assigned(*, scheme_id: int, firm_id: int) -> dict[int, int]:
    """Clients in each segment today, by segment id in order of rank; segments without clients too."""
    found = clients_by_segment(scheme_id=scheme_id, firm_id=firm_id)
    return {segment.pk: found.get(segment.pk, 0) for segment in segments_by_rank(scheme_id, firm_id=firm_id)}


# --- On a day to come ---


@transaction.atomic
def schedule_version(
    *, version: SchemeVersion, by: User, revision: int, on: date, note: str = "", simulation: dict[str, Any] | None = None
) -> SchemeVersion:
    """Decide now that a draft takes effect on a day to come: the night of that day publishes it. It takes the place of one scheduled before.

    Raises DateRefused for a day that is past, today or too far, and what `publish_version` raises.
    """
    scheme = lock_scheme(version.scheme_id, firm_id=version.firm_id)
    today = firm_today(version.firm_id)
    if not today < on <= today + FARTHEST:
        raise DateRefused
    version, _rules = _decidable(version, revision=revision)
    # Set aside before its day, it was never in force.
    SchemeVersion.objects.filter(firm_id=version.firm_id, scheme=scheme, status=Status.SCHEDULED).exclude(pk=version.pk).update(
        status=Status.RETIRED, effective_on=None
    )
    version.status, version.published_at, version.published_by = Status.SCHEDULED, timezone.now(), by
    version.effective_on, version.note = on, note
    version.decided_at, version.simulation = version.published_at, simulation
    version.save(update_fields=["status", "published_at", "published_by", "effective_on", "note", "decided_at", "simulation"])
    return version


@transaction.atomic
def cancel_scheduled(*, version: SchemeVersion) -> SchemeVersion:
    """Take back what was scheduled; it is a draft again, or set aside when another draft is under way. Raises AlreadyPublished."""
    scheme = lock_scheme(version.scheme_id, firm_id=version.firm_id)
    version = SchemeVersion.objects.select_related("published_by", "scheme").get(pk=version.pk, firm_id=version.firm_id)
    if version.status != Status.SCHEDULED:
        raise AlreadyPublished(version)
    under_way = SchemeVersion.objects.filter(firm_id=version.firm_id, scheme=scheme, status=Status.DRAFT).exists()
    version.status, version.effective_on, version.published_at, version.published_by = Status.RETIRED if under_way else Status.DRAFT, None, None, None
    version.decided_at = version.simulation = None
    version.save(update_fields=["status", "effective_on", "published_at", "published_by", "decided_at", "simulation"])
    return version


@transaction.atomic
def publish_scheduled(*, version: SchemeVersion, today: date) -> Publication | None:
    """Publish what was decided for today or a day that was missed, as who decided it. None when it was taken back, put in force or is being
    worked on meanwhile. Raises RulesRefused.
    """
    free = Scheme.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=version.scheme_id, firm_id=version.firm_id)
    if not list(free):
        return None
    due = SchemeVersion.objects.select_related("published_by").filter(
        pk=version.pk, firm_id=version.firm_id, status=Status.SCHEDULED, effective_on__lte=today
    )
    found = due.first()
    return publish_version(version=found, by=found.published_by, on=today) if found else None


# --- Big books: a job ---


def needs_job(firm_id: int) -> bool:
    """Whether the book is too large to place while a person waits; counts no further than that."""
    return book_of(firm_id).order_by()[: LARGEST_INLINE + 1].count() > LARGEST_INLINE


@transaction.atomic
def request_publication(
    *, version: SchemeVersion, by: User, revision: int, note: str = "", simulation: dict[str, Any] | None = None
) -> Publication | Job:
    """Publish now, or as a job when the book is large. Raises what `publish_version` raises, before any job starts.

    Who asks while a job already publishes this version is given that job.
    """
    if not needs_job(version.firm_id):
        return publish_version(version=version, by=by, revision=revision, note=note, simulation=simulation)
    if (running := _running_job(version)) is not None:
        return running
    lock_scheme(version.scheme_id, firm_id=version.firm_id)
    _decidable(version, revision=revision)
    parameters = {"version": version.pk, "scheme": version.scheme_id, "revision": revision, "note": note, "simulation": simulation}
    # Asked again under the lock: two people's requests make one job.
    return _running_job(version) or start_job(kind=JOB_KIND, parameters=parameters, by=by, total=len(Stage))


def _running_job(version: SchemeVersion) -> Job | None:
    return Job.objects.filter(
        firm_id=version.firm_id, kind=JOB_KIND, parameters__version=version.pk, status__in=[Job.Status.QUEUED, Job.Status.RUNNING]
    ).first()


@job_kind(JOB_KIND, label=gettext_lazy("Publication"))
def publish_step(job: Job) -> bool:
    """A publication is one decision: one step, one transaction. How far it is shows meanwhile (progress.py)."""
    version = SchemeVersion.objects.get(pk=job.parameters["version"], firm_id=job.firm_id)
    try:
        counts = publish_version(
            version=version,
            by=job.created_by,
            revision=job.parameters["revision"],
            note=job.parameters.get("note", ""),
            simulation=job.parameters.get("simulation"),
            reached=lambda stage: mark_stage(job, stage),
        ).counts
    except AlreadyPublished as first:
        if first.version.status != Status.PUBLISHED:
            raise JobRefused(_("Someone else decided on this version in the meantime.")) from None
        # One result, told to both.
        counts = count_assigned(scheme_id=version.scheme_id, firm_id=version.firm_id)
    except StaleDraft:
        raise JobRefused(_("The draft was changed in the meantime: look at it again, then publish.")) from None
    except RulesRefused as refused:
        raise JobRefused(" ".join(problem.message for problem in refused.problems)) from None
    job.done, job.counts = job.total, {str(segment_id): count for segment_id, count in counts.items()}
    return False


__all__ = [
    "AlreadyPublished",
    "DateRefused",
    "Publication",
    "RulesRefused",
    "Stage",
    "StaleDraft",
    "cancel_scheduled",
    "count_assigned",
    "discard_draft",
    "firm_today",
    "let_clients_move",
    "lock_scheme",
    "make_service_scheme",
    "place_and_assign",
    "publish_scheduled",
    "publish_version",
    "request_publication",
    "save_draft",
    "schedule_version",
    "start_draft",
]
