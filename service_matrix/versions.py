"""A matrix from draft to published: one draft, one published version of a scheme, and all the former ones."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from firms.background import request_planning
from firms.models import User
from segmentation.models import Scheme, Segment
from segmentation.publishing import firm_today
from service_matrix.catalogue import CATALOGUE, REACTIVE
from service_matrix.journal import cell_state, record_edit
from service_matrix.letters import AGENDAS, LETTERS, NOT_DELEGABLE
from service_matrix.models import DraftEdit, FirmChannel, MatrixVersion, ProfileRule, Promise, TouchpointType
from service_matrix.presets import PRESETS, REACTIVE_MINUTES
from service_matrix.promises import TERMS, InvalidPromise, PromiseTerms, check_promise, settle_terms
from service_matrix.strategies import fill_in_strategies
from service_matrix.strategy_lines import STRATEGY_LINES

MOST_REACTIVE_MINUTES = 6000
FURTHEST_AHEAD = timedelta(days=731)


class Refused(Exception):
    """What cannot be done with a version: `str()` says why in the active language."""


class DraftExists(Refused):
    """The scheme has a draft already: edit that one, or discard it."""

    def __str__(self) -> str:
        return _("A draft is already in progress: publish or discard it first.")


class DraftChanged(Exception):
    """Someone else edited, published or discarded this draft since it was read."""


class NothingPromised(Refused):
    """A matrix without a single promise cannot be published."""


class PresetDoesNotFit(Refused):
    """The preset promises more levels than the scheme has segments."""

    def __str__(self) -> str:
        return _("This matrix has more levels than the scheme has segments.")


class BadEffectiveDate(Refused):
    """The day is past, or more than two years ahead."""

    def __str__(self) -> str:
        return _("Choose today or a day to come, at most two years ahead.")


class AlreadyScheduled(Refused):
    """Another version waits for its day: call it off first."""

    def __str__(self) -> str:
        return _("Another version waits for its day: call it off first, or publish this one today.")


class NotScheduled(Refused):
    """The version came into force, or was called off, meanwhile."""

    def __str__(self) -> str:
        return _("This version is no longer waiting for its day.")


class NotRetired(Refused):
    """Only a version that was in force once can be returned to."""

    def __str__(self) -> str:
        return _("Only a version that was in force once can be returned to.")


@transaction.atomic
def ensure_catalogue(*, by: User) -> dict[str, TouchpointType]:
    """The firm's touchpoint types by shipped key, adding those it has never had and the words of those that never had any.

    What the firm edited stays as it is.
    """
    known = {each.key: each for each in TouchpointType.objects.filter(firm_id=by.firm_id).exclude(key="")}
    TouchpointType.objects.bulk_create(
        [
            TouchpointType(
                key=shipped.key,
                name_en=shipped.en,
                name_fr=shipped.fr,
                channel=shipped.channel,
                performer=shipped.performer,
                minutes=shipped.minutes,
                steps=[{"en": step.en, "fr": step.fr, "performer": step.performer.value} for step in shipped.steps],
                is_delegable=shipped.key not in NOT_DELEGABLE,
                **_words_of(shipped.key),
            )
            for shipped in CATALOGUE
            if shipped.key not in known
        ],
        ignore_conflicts=True,
    )
    for key, each in known.items():
        if key in LETTERS and not (each.agenda or each.subject_en or each.subject_fr or each.message_en or each.message_fr):
            TouchpointType.objects.filter(firm_id=by.firm_id, pk=each.pk).update(**_words_of(key))
    return {each.key: each for each in TouchpointType.objects.filter(firm_id=by.firm_id).exclude(key="")}


def _words_of(key: str) -> dict[str, Any]:
    """What a shipped type says to the client, and the agenda of its meeting."""
    return {**asdict(LETTERS[key]), "agenda": [{"en": en, "fr": fr} for en, fr in AGENDAS.get(key, ())]}


@transaction.atomic
def start_draft(*, scheme: Scheme, by: User, preset: str | None = None, like: MatrixVersion | None = None) -> MatrixVersion:
    """Begin a draft: from a preset (a key of presets.PRESETS), or like a version of another scheme, rank by rank; else from the published version,
    else empty. With a preset come its lines of the strategy table, for segments that have none; what it promises of a type that the firm has taken
    out of use is left out (`types_left_out`).

    Raises DraftExists; PresetDoesNotFit when the preset has more levels than the scheme has segments.
    """
    Scheme.objects.select_for_update().get(firm_id=by.firm_id, pk=scheme.pk)
    versions = MatrixVersion.objects.filter(firm_id=by.firm_id, scheme=scheme)
    if versions.filter(status=MatrixVersion.Status.DRAFT).exists():
        raise DraftExists
    types = ensure_catalogue(by=by)
    number = (versions.aggregate(last=Max("number"))["last"] or 0) + 1
    draft = MatrixVersion(scheme=scheme, number=number)
    published = versions.filter(status=MatrixVersion.Status.PUBLISHED).first()
    if preset is not None:
        draft.reactive_minutes = REACTIVE_MINUTES
    elif like is not None:
        draft.reactive_minutes = like.reactive_minutes
    elif published is not None:
        draft.reactive_minutes = published.reactive_minutes
    draft.save()
    # Profiles are of clients, not of a preset's levels: they stay as they are.
    if published is not None:
        _copy_overlay(published, draft)
    if preset is not None:
        promises = _promises_of_preset(draft=draft, preset=preset, types=types)
        fill_in_strategies(scheme=scheme, lines=STRATEGY_LINES.get(preset, ()), by=by)
    elif like is not None:
        promises = _by_rank(like, draft)
    else:
        former = Promise.objects.filter(firm_id=by.firm_id, version=published) if published else []
        promises = _copies(former, draft)
    Promise.objects.bulk_create(promises)
    return draft


def _copies(promises: Iterable[Promise], version: MatrixVersion) -> list[Promise]:
    return [
        Promise(version=version, segment_id=old.segment_id, touchpoint_type_id=old.touchpoint_type_id, **{term: getattr(old, term) for term in TERMS})
        for old in promises
    ]


def _by_rank(source: MatrixVersion, into: MatrixVersion) -> list[Promise]:
    """What another scheme's levels are promised, for the levels of the same rank; what is below the last of them is promised nothing yet."""
    levels = dict(Segment.objects.filter(firm_id=source.firm_id, scheme_id=into.scheme_id).values_list("rank", "pk"))
    former = Promise.objects.filter(firm_id=source.firm_id, version=source, segment__rank__in=levels).select_related("segment").order_by("pk")
    ranks = [promise.segment.rank for promise in former]
    copies = _copies(former, into)
    for copy, rank in zip(copies, ranks, strict=True):
        copy.segment_id = levels[rank]
    return copies


_OVERLAY = ("overlay_id", "fewest_change", "most_change")
_RULE = (*("profile_id", "touchpoint_type_id", "of_channel", "channel", "own_channel_id", "initiative", "spacing", "times_change", "note"),)


def _copy_overlay(source: MatrixVersion, into: MatrixVersion) -> None:
    """What profiles change in a version, into another that says nothing of them yet."""
    if source.overlay_id is None:
        return
    MatrixVersion.objects.filter(firm_id=source.firm_id, pk=into.pk).update(**{name: getattr(source, name) for name in _OVERLAY})
    into.refresh_from_db(fields=_OVERLAY)
    rules = ProfileRule.objects.filter(firm_id=source.firm_id, version=source).order_by("pk")
    ProfileRule.objects.bulk_create(ProfileRule(version=into, **{name: getattr(rule, name) for name in _RULE}) for rule in rules)


def _promises_of_preset(*, draft: MatrixVersion, preset: str, types: dict[str, TouchpointType]) -> list[Promise]:
    segments = list(Segment.objects.filter(firm_id=draft.scheme.firm_id, scheme=draft.scheme).order_by("rank"))
    if PRESETS[preset].ranks > len(segments):
        raise PresetDoesNotFit
    return [
        Promise(version=draft, segment=segment, touchpoint_type=types[key], **asdict(terms))
        for key, row in PRESETS[preset].rows.items()
        for segment, terms in zip(segments, row, strict=False)
        if terms is not None and types[key].is_active
    ]


def types_left_out(preset: str, *, by: User) -> list[TouchpointType]:
    """The types out of use of which a preset would promise something."""
    return list(TouchpointType.objects.filter(firm_id=by.firm_id, key__in=PRESETS[preset].rows, is_active=False).order_by("pk"))


def take_draft(*, version: MatrixVersion, revision: int, by: User) -> None:
    """Claim this edit: the revision read is still the revision, or DraftChanged."""
    taken = MatrixVersion.objects.filter(firm_id=by.firm_id, pk=version.pk, status=MatrixVersion.Status.DRAFT, revision=revision).update(
        revision=F("revision") + 1
    )
    if not taken:
        raise DraftChanged
    version.revision = revision + 1


@transaction.atomic
def set_promise(
    *, version: MatrixVersion, revision: int, segment: Segment, touchpoint_type: TouchpointType, terms: PromiseTerms, by: User
) -> Promise:
    """Write one cell of a draft, as read at `revision`. Raises InvalidPromise, or DraftChanged: nothing is written then."""
    terms = settle_terms(terms)
    check_promise(terms)
    if touchpoint_type.key == REACTIVE:
        raise InvalidPromise({"times": _("Answering is the same for every segment: it is set for the whole matrix.")})
    if terms.own_channel_id is not None:
        own = FirmChannel.objects.filter(firm_id=by.firm_id, pk=terms.own_channel_id, counts_as=terms.channel)
        if not own.exists():
            raise InvalidPromise({"channel": _("Unknown channel.")})
    take_draft(version=version, revision=revision, by=by)
    former = Promise.objects.filter(firm_id=by.firm_id, version=version, segment=segment, touchpoint_type=touchpoint_type).first()
    _remember_cell(version, segment, touchpoint_type, former, terms, by=by)
    promise, _created = Promise.objects.update_or_create(version=version, segment=segment, touchpoint_type=touchpoint_type, defaults=asdict(terms))
    return promise


def _remember_cell(
    version: MatrixVersion, segment: Segment, touchpoint_type: TouchpointType, former: Promise | None, terms: PromiseTerms | None, *, by: User
) -> None:
    place = {"segment_id": segment.pk, "touchpoint_type_id": touchpoint_type.pk}
    record_edit(version=version, by=by, before=[cell_state(**place, promise=former)], after=[cell_state(**place, promise=terms)])


@transaction.atomic
def clear_promise(*, version: MatrixVersion, revision: int, segment: Segment, touchpoint_type: TouchpointType, by: User) -> None:
    """Empty one cell of a draft, as read at `revision`. Raises DraftChanged."""
    take_draft(version=version, revision=revision, by=by)
    former = Promise.objects.filter(firm_id=by.firm_id, version=version, segment=segment, touchpoint_type=touchpoint_type).first()
    if former is not None:
        _remember_cell(version, segment, touchpoint_type, former, None, by=by)
        former.delete()


@transaction.atomic
def set_reactive_minutes(*, version: MatrixVersion, revision: int, minutes: int, by: User) -> None:
    """Say how many minutes a client and year answering takes, for every segment of a draft as read at `revision`.

    Raises InvalidPromise, or DraftChanged.
    """
    if not 0 <= minutes <= MOST_REACTIVE_MINUTES:
        raise InvalidPromise({"minutes": _("From 0 to 6,000 minutes a client and year.")})
    take_draft(version=version, revision=revision, by=by)
    former = MatrixVersion.objects.values_list("reactive_minutes", flat=True).get(firm_id=by.firm_id, pk=version.pk)
    record_edit(version=version, by=by, before=[{"reactive_minutes": former}], after=[{"reactive_minutes": minutes}])
    MatrixVersion.objects.filter(firm_id=by.firm_id, pk=version.pk).update(reactive_minutes=minutes)
    version.reactive_minutes = minutes


@transaction.atomic
def discard_draft(*, version: MatrixVersion, revision: int, by: User) -> None:
    """Throw a draft away, as read at `revision`. Raises DraftChanged."""
    take_draft(version=version, revision=revision, by=by)
    version.delete()


def settle_effective_date(day: date | None, *, today: date) -> date:
    """The day a version comes into force: today where none is said. Raises BadEffectiveDate."""
    settled = day or today
    if not today <= settled <= today + FURTHEST_AHEAD:
        raise BadEffectiveDate
    return settled


@transaction.atomic
def publish_version(*, version: MatrixVersion, revision: int, by: User, effective_on: date | None = None) -> MatrixVersion:
    """Make a draft, as read at `revision`, the scheme's published matrix from today; the former one retires; the year is planned again.

    With a day to come in `effective_on` the draft is only scheduled: `put_in_force` does the rest on that day.
    Raises DraftChanged, NothingPromised, BadEffectiveDate and AlreadyScheduled. What only deserves a warning does not stop it.
    """
    today = firm_today(by.firm_id)
    effective_on = settle_effective_date(effective_on, today=today)
    # Two drafts of a scheme cannot exist, but a publication and a new draft can meet: the scheme's row puts them in line.
    Scheme.objects.select_for_update().get(firm_id=by.firm_id, pk=version.scheme_id)
    take_draft(version=version, revision=revision, by=by)
    if not Promise.objects.filter(firm_id=by.firm_id, version=version).exists():
        raise NothingPromised(_("This matrix promises nothing yet: fill in at least one cell."))
    versions = MatrixVersion.objects.filter(firm_id=by.firm_id, scheme_id=version.scheme_id)
    decided = versions.filter(pk=version.pk)
    if effective_on > today:
        if versions.filter(status=MatrixVersion.Status.SCHEDULED).exists():
            raise AlreadyScheduled
        decided.update(status=MatrixVersion.Status.SCHEDULED, published_at=Now(), published_by=by, effective_on=effective_on)
    else:
        versions.filter(status=MatrixVersion.Status.PUBLISHED).update(status=MatrixVersion.Status.RETIRED)
        decided.update(status=MatrixVersion.Status.PUBLISHED, published_at=Now(), published_by=by, effective_on=today)
        request_planning(firm_id=by.firm_id)
    # What is decided is no longer undone step by step.
    DraftEdit.objects.filter(firm_id=by.firm_id, version=version).delete()
    version.refresh_from_db()
    return version


@transaction.atomic
def put_in_force(*, firm_id: int) -> list[MatrixVersion]:
    """Make the scheduled versions whose day has come, where the firm works, the published ones. Safe to repeat. Returns those it put in force."""
    due = MatrixVersion.objects.filter(firm_id=firm_id, status=MatrixVersion.Status.SCHEDULED, effective_on__lte=firm_today(firm_id))
    done = []
    for version in due.order_by("pk"):
        Scheme.objects.select_for_update().get(firm_id=firm_id, pk=version.scheme_id)
        mine = MatrixVersion.objects.filter(firm_id=firm_id, scheme_id=version.scheme_id)
        # Someone may have called it off, or another tick been quicker.
        if not mine.filter(pk=version.pk, status=MatrixVersion.Status.SCHEDULED).exists():
            continue
        mine.filter(status=MatrixVersion.Status.PUBLISHED).update(status=MatrixVersion.Status.RETIRED)
        mine.filter(pk=version.pk).update(status=MatrixVersion.Status.PUBLISHED)
        version.refresh_from_db()
        done.append(version)
    if done:
        request_planning(firm_id=firm_id)
    return done


@transaction.atomic
def call_off(*, version: MatrixVersion, by: User) -> None:
    """Make a scheduled version a draft again. Raises NotScheduled when its day came first, DraftExists when another draft is in progress."""
    Scheme.objects.select_for_update().get(firm_id=by.firm_id, pk=version.scheme_id)
    versions = MatrixVersion.objects.filter(firm_id=by.firm_id, scheme_id=version.scheme_id)
    if versions.filter(status=MatrixVersion.Status.DRAFT).exists():
        raise DraftExists
    draft = {"status": MatrixVersion.Status.DRAFT, "published_at": None, "published_by": None, "effective_on": None}
    if not versions.filter(pk=version.pk, status=MatrixVersion.Status.SCHEDULED).update(**draft, revision=F("revision") + 1):
        raise NotScheduled


@transaction.atomic
def roll_back(*, to: MatrixVersion, by: User) -> MatrixVersion:
    """Publish, from today, what a retired version promised: as a version of its own, so that what happened stays on record.

    A draft in progress and a scheduled version stay. Raises NotRetired, and NothingPromised when all its segments are gone.
    """
    Scheme.objects.select_for_update().get(firm_id=by.firm_id, pk=to.scheme_id)
    versions = MatrixVersion.objects.filter(firm_id=by.firm_id, scheme_id=to.scheme_id)
    former = versions.filter(pk=to.pk, status=MatrixVersion.Status.RETIRED).first()
    if former is None:
        raise NotRetired
    promises = list(Promise.objects.filter(firm_id=by.firm_id, version=former))
    if not promises:
        raise NothingPromised(_("That version promises nothing to the segments there are now."))
    versions.filter(status=MatrixVersion.Status.PUBLISHED).update(status=MatrixVersion.Status.RETIRED)
    version = MatrixVersion.objects.create(
        scheme_id=to.scheme_id,
        number=(versions.aggregate(last=Max("number"))["last"] or 0) + 1,
        status=MatrixVersion.Status.PUBLISHED,
        reactive_minutes=former.reactive_minutes,
        effective_on=firm_today(by.firm_id),
        published_at=timezone.now(),
        published_by=by,
    )
    Promise.objects.bulk_create(_copies(promises, version))
    _copy_overlay(former, version)
    request_planning(firm_id=by.firm_id)
    return version
