"""From draft to decision: a version is published, everybody is placed, and the planner is asked to follow.

Everything that writes placements or assignments holds the lock of its scheme, so that two publications, a night's run and
an override never cross. A book is placed inside the request up to `LARGEST_INLINE` clients (about a second), by a job beyond.
"""

import zoneinfo
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from firms.background import request_planning
from firms.jobs import JobRefused, job_kind, start_job
from firms.models import Firm, Job, User
from segmentation.linting import Problem, lint
from segmentation.models import Assignment, Placement, Scheme, SchemeVersion, Segment
from segmentation.queries import clients_by_segment
from segmentation.rules import Rules, load_rules, segments_by_rank, write_rules
from segmentation.scoring import PLACED_STATUSES, AssignmentCounts, assign_book, book_of, count_moves, place_book, score_ranges

LARGEST_INLINE = 10_000
JOB_KIND = "publish_scheme"


class RulesRefused(Exception):
    """The draft has problems; nothing was published."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.at}: {problem.message}" for problem in problems))
        self.problems = problems


class AlreadyPublished(Exception):
    """Someone else published this version first: it stands as they published it."""

    def __init__(self, version: SchemeVersion) -> None:
        super().__init__(str(version))
        self.version = version


class StaleDraft(Exception):
    """The draft was changed since it was read; nothing was written."""

    def __init__(self, version: SchemeVersion) -> None:
        super().__init__(str(version))
        self.version = version


@dataclass(frozen=True, kw_only=True)
class Publication:
    version: SchemeVersion
    # Clients now in each segment, by rank; overrides count where they are.
    counts: dict[int, int]
    assignments: AssignmentCounts


def firm_today(firm_id: int) -> date:
    """The day it is where the firm works: the first day of what is decided now."""
    zone = Firm.objects.values_list("time_zone", flat=True).get(pk=firm_id)
    return timezone.localdate(timezone=zoneinfo.ZoneInfo(zone))


def lock_scheme(scheme_id: int, *, firm_id: int) -> Scheme:
    """Until the end of the transaction no one else places clients in this scheme. Rows that point at it may still be written."""
    return Scheme.objects.select_for_update(no_key=True).get(pk=scheme_id, firm_id=firm_id)


@transaction.atomic
def start_draft(*, scheme: Scheme) -> SchemeVersion:
    """The scheme's draft: the one under way, or a new one that begins as a copy of what is published."""
    lock_scheme(scheme.pk, firm_id=scheme.firm_id)
    versions = SchemeVersion.objects.filter(firm_id=scheme.firm_id, scheme=scheme)
    found = versions.filter(status=SchemeVersion.Status.DRAFT).first()
    if found is not None:
        return found
    published = versions.filter(status=SchemeVersion.Status.PUBLISHED).first()
    number = versions.aggregate(last=Max("number"))["last"] or 0
    draft = SchemeVersion.objects.create(scheme=scheme, number=number + 1)
    if published is not None:
        write_rules(version=draft, rules=load_rules(published))
    return draft


@transaction.atomic
def save_draft(*, version: SchemeVersion, rules: Rules, revision: int) -> int:
    """Replace a draft's rules if it still is the one that was read. Returns the new revision.

    Raises StaleDraft when someone saved or published it since; nothing is written then.
    """
    claimed = SchemeVersion.objects.filter(pk=version.pk, firm_id=version.firm_id, status=SchemeVersion.Status.DRAFT, revision=revision).update(
        revision=F("revision") + 1
    )
    if not claimed:
        raise StaleDraft(SchemeVersion.objects.get(pk=version.pk, firm_id=version.firm_id))
    write_rules(version=version, rules=rules)
    return revision + 1


@transaction.atomic
def discard_draft(*, version: SchemeVersion) -> None:
    """Throw a draft away; with a scheme that was never published, the scheme too. Raises AlreadyPublished."""
    scheme = lock_scheme(version.scheme_id, firm_id=version.firm_id)
    draft = SchemeVersion.objects.filter(pk=version.pk, firm_id=version.firm_id, status=SchemeVersion.Status.DRAFT).first()
    if draft is None:
        raise AlreadyPublished(version)
    draft.delete()
    if not scheme.versions.exists():
        scheme.delete()


@transaction.atomic
def publish_version(*, version: SchemeVersion, by: User | None, revision: int | None = None, on: date | None = None) -> Publication:
    """Put a draft in force from today: retire the version before it, place everybody, and ask the planner to follow.

    `revision` is the draft the person decided on. Raises RulesRefused, StaleDraft, or AlreadyPublished when another
    publication came first; nothing is written then.
    """
    firm_id = version.firm_id
    scheme = lock_scheme(version.scheme_id, firm_id=firm_id)
    version = SchemeVersion.objects.select_related("published_by", "scheme").get(pk=version.pk, firm_id=firm_id)
    if version.status != SchemeVersion.Status.DRAFT:
        raise AlreadyPublished(version)
    if revision is not None and version.revision != revision:
        raise StaleDraft(version)
    rules = load_rules(version)
    problems = [problem for problem in lint(rules) if not problem.warning]
    if problems:
        raise RulesRefused(problems)
    on = on or firm_today(firm_id)
    SchemeVersion.objects.filter(firm_id=firm_id, scheme=scheme, status=SchemeVersion.Status.PUBLISHED).update(status=SchemeVersion.Status.RETIRED)
    version.status, version.published_at, version.published_by, version.effective_on = SchemeVersion.Status.PUBLISHED, timezone.now(), by, on
    version.save(update_fields=["status", "published_at", "published_by", "effective_on"])
    assignments = _place_and_assign(version=version, rules=rules, on=on, move=True, by=by)
    _become_service_scheme_if_none(scheme)
    request_planning(firm_id=firm_id)
    return Publication(version=version, counts=count_assigned(scheme_id=scheme.pk, firm_id=firm_id), assignments=assignments)


def _place_and_assign(*, version: SchemeVersion, rules: Rules, on: date, move: bool, by: User | None = None) -> AssignmentCounts:
    place_book(version=version, rules=rules, on=on)
    ended = _end_expired_overrides(scheme_id=version.scheme_id, firm_id=version.firm_id, on=on)
    counts = assign_book(version=version, on=on, move=move, by_id=by.pk if by else None)
    ranges = score_ranges(scheme_id=version.scheme_id, firm_id=version.firm_id)
    Scheme.objects.filter(pk=version.scheme_id, firm_id=version.firm_id).update(placed_on=on, score_ranges=ranges)
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
    if not SchemeVersion.objects.filter(firm_id=by.firm_id, scheme=scheme, status=SchemeVersion.Status.PUBLISHED).exists():
        raise RulesRefused([Problem("cuts", _("Publish the scheme first."))])
    list(Scheme.objects.select_for_update(no_key=True).filter(firm_id=by.firm_id).order_by("pk"))
    Scheme.objects.filter(firm_id=by.firm_id, is_service=True).update(is_service=False)
    Scheme.objects.filter(pk=scheme.pk, firm_id=by.firm_id).update(is_service=True)
    request_planning(firm_id=by.firm_id)


def count_assigned(*, scheme_id: int, firm_id: int) -> dict[int, int]:
    """Clients in each segment today, by segment id in order of rank; segments without clients too."""
    found = clients_by_segment(scheme_id=scheme_id, firm_id=firm_id)
    return {segment.pk: found.get(segment.pk, 0) for segment in segments_by_rank(scheme_id, firm_id=firm_id)}


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What publishing these rules today would do, computed on the real book without touching it."""

    on: date
    # (segment, clients today, clients after), by rank.
    rows: list[tuple[Segment, int, int]]
    # (from, to, clients), largest first; stays are left out.
    moves: list[tuple[Segment, Segment, int]]
    arrived: int

    @property
    def moved(self) -> int:
        return sum(count for _before, _after, count in self.moves)

    @property
    def total(self) -> int:
        return sum(after for _segment, _before, after in self.rows)


def preview_publication(*, rules: Rules, scheme: Scheme) -> Preview:
    """Three statements. The rules must be free of errors."""
    firm_id = scheme.firm_id
    today = firm_today(firm_id)
    segments = {segment.pk: segment for segment in segments_by_rank(scheme.pk, firm_id=firm_id)}
    counted = count_moves(rules, firm_id=firm_id, scheme_id=scheme.pk, on=today)
    before, after = dict.fromkeys(segments, 0), dict.fromkeys(segments, 0)
    for (left, reached), count in counted.items():
        after[reached] += count
        if left is not None:
            before[left] += count
    moves = [(segments[left], segments[reached], count) for (left, reached), count in counted.items() if left is not None and left != reached]
    return Preview(
        on=today,
        rows=[(segment, before[pk], after[pk]) for pk, segment in segments.items()],
        moves=sorted(moves, key=lambda move: (-move[2], move[0].rank, move[1].rank)),
        arrived=sum(count for (left, _reached), count in counted.items() if left is None),
    )


# --- Every night, and for who came since ---


def tend_schemes(*, firm_id: int, today: date | None = None) -> AssignmentCounts:
    """What a tick does for one firm: once a local day everything is computed anew; between, whoever came or left is seen to.

    Placements follow the data; assignments move by themselves only where an override has run out. Must run in the firm.
    A scheme that is being published is left to the next tick.
    """
    today = today or firm_today(firm_id)
    total = AssignmentCounts()
    for scheme in Scheme.objects.filter(firm_id=firm_id, versions__status=SchemeVersion.Status.PUBLISHED).order_by("pk"):
        if scheme.placed_on is not None and scheme.placed_on >= today and not has_arrivals_or_leavers(scheme_id=scheme.pk, firm_id=firm_id):
            continue
        counts = place_newcomers(scheme_id=scheme.pk, firm_id=firm_id, today=today)
        total = AssignmentCounts(moved=total.moved + counts.moved, arrived=total.arrived + counts.arrived, left=total.left + counts.left)
    # At the end: who changes a client holds it before the firm's row, and so must this.
    if total:
        request_planning(firm_id=firm_id)
    return total


@transaction.atomic
def place_newcomers(*, scheme_id: int, firm_id: int, today: date) -> AssignmentCounts:
    """Compute everyone anew, assign who came, end who left, return who is out of an override; nobody else moves."""
    if not Scheme.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=scheme_id, firm_id=firm_id).exists():
        return AssignmentCounts()
    version = SchemeVersion.objects.filter(firm_id=firm_id, scheme_id=scheme_id, status=SchemeVersion.Status.PUBLISHED).first()
    if version is None:
        return AssignmentCounts()
    return _place_and_assign(version=version, rules=load_rules(version), on=today, move=False)


def has_arrivals_or_leavers(*, scheme_id: int, firm_id: int) -> bool:
    """Whether someone should be placed and is not, or is assigned and should not be. Two index scans, the first hit ends them."""
    placed = Placement.objects.filter(firm_id=firm_id, scheme_id=scheme_id, client_id=OuterRef("pk"))
    if book_of(firm_id).filter(~Exists(placed)).exists():
        return True
    gone = Q(client__archived_at__isnull=False) | ~Q(client__status__in=PLACED_STATUSES)
    return Placement.objects.filter(gone, firm_id=firm_id, scheme_id=scheme_id).exists()


# --- Big books: a job ---


def needs_job(firm_id: int) -> bool:
    """Whether the book is too large to place while a person waits; counts no further than that."""
    return book_of(firm_id).order_by()[: LARGEST_INLINE + 1].count() > LARGEST_INLINE


def request_publication(*, version: SchemeVersion, by: User, revision: int) -> Publication | Job:
    """Publish now, or as a job when the book is large. Raises what `publish_version` raises, before any job starts."""
    if not needs_job(version.firm_id):
        return publish_version(version=version, by=by, revision=revision)
    if version.status != SchemeVersion.Status.DRAFT:
        raise AlreadyPublished(version)
    problems = [problem for problem in lint(load_rules(version)) if not problem.warning]
    if problems:
        raise RulesRefused(problems)
    running = Job.objects.filter(
        firm_id=version.firm_id, kind=JOB_KIND, parameters__version=version.pk, status__in=[Job.Status.QUEUED, Job.Status.RUNNING]
    ).first()
    parameters = {"version": version.pk, "scheme": version.scheme_id, "revision": revision}
    return running or start_job(kind=JOB_KIND, parameters=parameters, by=by, total=1)


@job_kind(JOB_KIND, label=gettext_lazy("Publication"))
def publish_step(job: Job) -> bool:
    """A publication is one decision: one step, one transaction."""
    version = SchemeVersion.objects.get(pk=job.parameters["version"], firm_id=job.firm_id)
    try:
        publication = publish_version(version=version, by=job.created_by, revision=job.parameters["revision"])
    except AlreadyPublished:
        raise JobRefused(_("This version was published in the meantime.")) from None
    except StaleDraft:
        raise JobRefused(_("The draft was changed in the meantime: look at it again, then publish.")) from None
    except RulesRefused as refused:
        raise JobRefused(" ".join(problem.message for problem in refused.problems)) from None
    job.done, job.counts = 1, {str(segment_id): count for segment_id, count in publication.counts.items()}
    return False
