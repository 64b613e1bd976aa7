"""A matrix from draft to published: one draft, one published version of a scheme, and all the former ones."""

from dataclasses import asdict, dataclass
from itertools import pairwise

from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from firms.background import request_planning
from firms.models import User
from segmentation.models import Scheme, Segment
from segmentation.publishing import firm_today
from service_matrix.catalogue import BY_KEY, CATALOGUE, Family
from service_matrix.models import MatrixVersion, Promise, TouchpointType
from service_matrix.presets import PRESETS, REACTIVE_MINUTES
from service_matrix.promises import PromiseTerms, check_promise

TERMS = ("times", "times_at_most", "channel", "performer", "minutes", "direct_cost", "window_days")


class DraftExists(Exception):
    """The scheme has a draft already: edit that one, or discard it."""


class DraftChanged(Exception):
    """Someone else edited, published or discarded this draft since it was read."""


class NothingPromised(Exception):
    """A matrix without a single promise cannot be published."""


class PresetDoesNotFit(Exception):
    """The preset promises more levels than the scheme has segments."""


@transaction.atomic
def ensure_catalogue(*, by: User) -> dict[str, TouchpointType]:
    """The firm's touchpoint types by shipped key, adding those it has never had. What the firm edited stays as it is."""
    known = set(TouchpointType.objects.filter(firm_id=by.firm_id).exclude(key="").values_list("key", flat=True))
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
            )
            for shipped in CATALOGUE
            if shipped.key not in known
        ],
        ignore_conflicts=True,
    )
    return {each.key: each for each in TouchpointType.objects.filter(firm_id=by.firm_id).exclude(key="")}


@transaction.atomic
def start_draft(*, scheme: Scheme, by: User, preset: str | None = None) -> MatrixVersion:
    """Begin a draft: from a preset (a key of presets.PRESETS), else from the published version, else empty.

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
    elif published is not None:
        draft.reactive_minutes = published.reactive_minutes
    draft.save()
    if preset is not None:
        promises = _promises_of_preset(draft=draft, preset=preset, types=types)
    else:
        former = Promise.objects.filter(firm_id=by.firm_id, version=published) if published else []
        promises = [
            Promise(
                version=draft, segment_id=old.segment_id, touchpoint_type_id=old.touchpoint_type_id, **{term: getattr(old, term) for term in TERMS}
            )
            for old in former
        ]
    Promise.objects.bulk_create(promises)
    return draft


def _promises_of_preset(*, draft: MatrixVersion, preset: str, types: dict[str, TouchpointType]) -> list[Promise]:
    segments = list(Segment.objects.filter(firm_id=draft.scheme.firm_id, scheme=draft.scheme).order_by("rank"))
    if PRESETS[preset].ranks > len(segments):
        raise PresetDoesNotFit
    return [
        Promise(version=draft, segment=segment, touchpoint_type=types[key], **asdict(terms))
        for key, row in PRESETS[preset].rows.items()
        for segment, terms in zip(segments, row, strict=False)
        if terms is not None
    ]


def _take_draft(*, version: MatrixVersion, revision: int, by: User) -> None:
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
    check_promise(terms)
    _take_draft(version=version, revision=revision, by=by)
    promise, _created = Promise.objects.update_or_create(version=version, segment=segment, touchpoint_type=touchpoint_type, defaults=asdict(terms))
    return promise


@transaction.atomic
def clear_promise(*, version: MatrixVersion, revision: int, segment: Segment, touchpoint_type: TouchpointType, by: User) -> None:
    """Empty one cell of a draft, as read at `revision`. Raises DraftChanged."""
    _take_draft(version=version, revision=revision, by=by)
    Promise.objects.filter(firm_id=by.firm_id, version=version, segment=segment, touchpoint_type=touchpoint_type).delete()


@transaction.atomic
def discard_draft(*, version: MatrixVersion, revision: int, by: User) -> None:
    """Throw a draft away, as read at `revision`. Raises DraftChanged."""
    _take_draft(version=version, revision=revision, by=by)
    version.delete()


@transaction.atomic
def publish_version(*, version: MatrixVersion, revision: int, by: User) -> MatrixVersion:
    """Make a draft, as read at `revision`, the scheme's published matrix from today; the former one retires; the year is planned again.

    Raises DraftChanged, and NothingPromised. What only deserves a warning (`warnings_about`) does not stop it.
    """
    # Two drafts of a scheme cannot exist, but a publication and a new draft can meet: the scheme's row puts them in line.
    Scheme.objects.select_for_update().get(firm_id=by.firm_id, pk=version.scheme_id)
    _take_draft(version=version, revision=revision, by=by)
    if not Promise.objects.filter(firm_id=by.firm_id, version=version).exists():
        raise NothingPromised
    versions = MatrixVersion.objects.filter(firm_id=by.firm_id, scheme_id=version.scheme_id)
    versions.filter(status=MatrixVersion.Status.PUBLISHED).update(status=MatrixVersion.Status.RETIRED)
    versions.filter(pk=version.pk).update(
        status=MatrixVersion.Status.PUBLISHED, published_at=Now(), published_by=by, effective_on=firm_today(by.firm_id)
    )
    request_planning(firm_id=by.firm_id)
    version.refresh_from_db()
    return version


@dataclass(frozen=True)
class MatrixWarning:
    """Something a person should look at before publishing."""

    segment: Segment
    text: str


def warnings_about(version: MatrixVersion) -> list[MatrixWarning]:
    """Segments promised nothing, and lower segments promised more than a higher one."""
    segments = list(Segment.objects.filter(firm_id=version.firm_id, scheme_id=version.scheme_id).order_by("rank"))
    promises = list(Promise.objects.filter(firm_id=version.firm_id, version=version).select_related("touchpoint_type"))
    times = {(promise.segment_id, promise.touchpoint_type_id): promise.times_at_most or promise.times for promise in promises}
    families: dict[tuple[int, Family], int] = {}
    for promise in promises:
        if (shipped := BY_KEY.get(promise.touchpoint_type.key)) is not None:
            key = (promise.segment_id, shipped.family)
            families[key] = families.get(key, 0) + times[promise.segment_id, promise.touchpoint_type_id]
    promised = {promise.segment_id for promise in promises}
    found = [
        MatrixWarning(segment, _("%(segment)s is promised nothing.") % {"segment": segment.name})
        for segment in segments
        if segment.pk not in promised
    ]
    types = sorted({promise.touchpoint_type for promise in promises}, key=lambda each: each.pk)
    for higher, lower in pairwise(segments):
        for each in types:
            least, most = times.get((higher.pk, each.pk), 0), times.get((lower.pk, each.pk), 0)
            if most > least and not _made_up_for(each, least=least, higher=higher, lower=lower, families=families):
                found.append(
                    MatrixWarning(
                        lower,
                        ngettext(
                            "%(lower)s is promised “%(type)s” %(most)s time a year, more than %(higher)s (%(least)s).",
                            "%(lower)s is promised “%(type)s” %(most)s times a year, more than %(higher)s (%(least)s).",
                            most,
                        )
                        % {"lower": lower.name, "higher": higher.name, "type": each.name, "most": most, "least": least},
                    )
                )
    return found


def _made_up_for(each: TouchpointType, *, least: int, higher: Segment, lower: Segment, families: dict[tuple[int, Family], int]) -> bool:
    """A higher segment without this type misses nothing when it is given at least as much of its family: planning meetings for a review."""
    shipped = BY_KEY.get(each.key)
    if shipped is None or least:
        return False
    return families.get((higher.pk, shipped.family), 0) >= families.get((lower.pk, shipped.family), 0)
