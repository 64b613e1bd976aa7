"""From draft to decision: a version is published, everybody is placed, and the planner is asked to follow.

Everything that writes placements or assignments holds the lock of its scheme, so that two publications, a night's run and
an override never cross. A book is placed inside the request up to `LARGEST_INLINE` clients (about a second), by a job beyond.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import pghistory
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.attributes import catalogue_of
from firms.background import request_planning
from firms.jobs import JobRefused, job_kind, start_job
from firms.models import Job, User
from segmentation.drafting import AlreadyPublished, StaleDraft, discard_draft, save_draft, start_draft
from segmentation.drift import find_drift
from segmentation.linting import Problem, errors
from segmentation.locking import firm_today, lock_scheme
from segmentation.models import Assignment, Scheme, SchemeVersion
from segmentation.queries import clients_by_segment
from segmentation.rules import Rules, load_rules, segments_by_rank
from segmentation.scoring import AssignmentCounts, Movers, assign_book, book_of, place_book, score_ranges

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


@transaction.atomic
def publish_version(
    *, version: SchemeVersion, by: User | None, revision: int | None = None, on: date | None = None, note: str | None = None
) -> Publication:
    """Put a draft, or what was scheduled, in force from today: retire the version before it, place everybody, and ask the planner to follow.

    `revision` is the draft the person decided on. Raises RulesRefused, StaleDraft, or AlreadyPublished when another
    publication came first; nothing is written then.
    """
    scheme = lock_scheme(version.scheme_id, firm_id=version.firm_id)
    version, rules = _decidable(version, revision=revision)
    on = on or firm_today(version.firm_id)
    SchemeVersion.objects.filter(firm_id=version.firm_id, scheme=scheme, status=Status.PUBLISHED).update(status=Status.RETIRED)
    version.status, version.published_at, version.published_by, version.effective_on = Status.PUBLISHED, timezone.now(), by, on
    version.note = version.note if note is None else note
    version.save(update_fields=["status", "published_at", "published_by", "effective_on", "note"])
    assignments = place_and_assign(scheme=scheme, version=version, rules=rules, on=on, movers=Movers.EVERYONE, by=by)
    _become_service_scheme_if_none(scheme)
    request_planning(firm_id=version.firm_id)
    return Publication(version=version, counts=count_assigned(scheme_id=scheme.pk, firm_id=version.firm_id), assignments=assignments)


def _decidable(version: SchemeVersion, *, revision: int | None) -> tuple[SchemeVersion, Rules]:
    """The version as it stands under the lock, free of errors."""
    version = SchemeVersion.objects.select_related("published_by", "scheme").get(pk=version.pk, firm_id=version.firm_id)
    if version.status not in {Status.DRAFT, Status.SCHEDULED}:
        raise AlreadyPublished(version)
    if revision is not None and version.revision != revision:
        raise StaleDraft(version)
    catalogue = catalogue_of(version.firm_id)
    rules = load_rules(version, catalogue=catalogue)
    if problems := errors(rules, catalogue=catalogue):
        raise RulesRefused(problems)
    return version, rules


def place_and_assign(*, scheme: Scheme, version: SchemeVersion, rules: Rules, on: date, movers: Movers, by: User | None = None) -> AssignmentCounts:
    """Compute everyone, end the overrides that ran out, move whom `movers` says, and see who drifts. The caller holds the scheme's lock."""
    place_book(version=version, rules=rules, on=on)
    ended = _end_expired_overrides(scheme_id=scheme.pk, firm_id=version.firm_id, on=on)
    ranges = score_ranges(scheme_id=scheme.pk, firm_id=version.firm_id)
    if movers is Movers.DRIFTED:
        find_drift(version=version, rules=rules, score_ranges=ranges, on=on)
    counts = assign_book(version=version, on=on, movers=movers, by_id=by.pk if by else None)
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
def schedule_version(*, version: SchemeVersion, by: User, revision: int, on: date, note: str = "") -> SchemeVersion:
    """Decide now that a draft takes effect on a day to come: the night of that day publishes it. It takes the place of one scheduled before.

    Raises DateRefused for a day that is past, today or too far, and what `publish_version` raises.
    """
    scheme = lock_scheme(version.scheme_id, firm_id=version.firm_id)
    today = firm_today(version.firm_id)
    if not today < on <= today + FARTHEST:
        raise DateRefused
    version, _rules = _decidable(version, revision=revision)
    SchemeVersion.objects.filter(firm_id=version.firm_id, scheme=scheme, status=Status.SCHEDULED).exclude(pk=version.pk).update(status=Status.RETIRED)
    version.status, version.published_at, version.published_by = Status.SCHEDULED, timezone.now(), by
    version.effective_on, version.note = on, note
    version.save(update_fields=["status", "published_at", "published_by", "effective_on", "note"])
    return version


@transaction.atomic
def cancel_scheduled(*, version: SchemeVersion) -> None:
    """Take back what was scheduled; it is a draft again, or set aside when another draft is under way. Raises AlreadyPublished."""
    scheme = lock_scheme(version.scheme_id, firm_id=version.firm_id)
    version = SchemeVersion.objects.select_related("published_by").get(pk=version.pk, firm_id=version.firm_id)
    if version.status != Status.SCHEDULED:
        raise AlreadyPublished(version)
    under_way = SchemeVersion.objects.filter(firm_id=version.firm_id, scheme=scheme, status=Status.DRAFT).exists()
    version.status, version.effective_on, version.published_at, version.published_by = Status.RETIRED if under_way else Status.DRAFT, None, None, None
    version.save(update_fields=["status", "effective_on", "published_at", "published_by"])


# --- Big books: a job ---


def needs_job(firm_id: int) -> bool:
    """Whether the book is too large to place while a person waits; counts no further than that."""
    return book_of(firm_id).order_by()[: LARGEST_INLINE + 1].count() > LARGEST_INLINE


def request_publication(*, version: SchemeVersion, by: User, revision: int, note: str = "") -> Publication | Job:
    """Publish now, or as a job when the book is large. Raises what `publish_version` raises, before any job starts."""
    if not needs_job(version.firm_id):
        return publish_version(version=version, by=by, revision=revision, note=note)
    _decidable(version, revision=revision)
    running = Job.objects.filter(
        firm_id=version.firm_id, kind=JOB_KIND, parameters__version=version.pk, status__in=[Job.Status.QUEUED, Job.Status.RUNNING]
    ).first()
    parameters = {"version": version.pk, "scheme": version.scheme_id, "revision": revision, "note": note}
    return running or start_job(kind=JOB_KIND, parameters=parameters, by=by, total=1)


@job_kind(JOB_KIND)
def publish_step(job: Job) -> bool:
    """A publication is one decision: one step, one transaction."""
    version = SchemeVersion.objects.get(pk=job.parameters["version"], firm_id=job.firm_id)
    try:
        with pghistory.context(user=job.created_by_id):
            publication = publish_version(
                version=version, by=job.created_by, revision=job.parameters["revision"], note=job.parameters.get("note", "")
            )
    except AlreadyPublished:
        raise JobRefused(_("This version was published in the meantime.")) from None
    except StaleDraft:
        raise JobRefused(_("The draft was changed in the meantime: look at it again, then publish.")) from None
    except RulesRefused as refused:
        raise JobRefused(" ".join(problem.message for problem in refused.problems)) from None
    job.done, job.counts = 1, {str(segment_id): count for segment_id, count in publication.counts.items()}
    return False


__all__ = [
    "AlreadyPublished",
    "DateRefused",
    "Publication",
    "RulesRefused",
    "StaleDraft",
    "cancel_scheduled",
    "count_assigned",
    "discard_draft",
    "firm_today",
    "let_clients_move",
    "lock_scheme",
    "make_service_scheme",
    "place_and_assign",
    "publish_version",
    "request_publication",
    "save_draft",
    "schedule_version",
    "start_draft",
]
