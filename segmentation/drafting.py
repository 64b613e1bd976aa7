"""Drafts of a scheme's rules: begun from what is in force or was, saved by whoever read the latest, shared, thrown away."""

from django.db import transaction
from django.db.models import F, Max

from firms.models import User
from segmentation.locking import lock_scheme
from segmentation.models import Scheme, SchemeVersion
from segmentation.rules import Rules, load_rules, with_stated_criteria, write_rules

Status = SchemeVersion.Status
# What can still come into force.
UNDECIDED = frozenset({Status.DRAFT, Status.SCHEDULED})


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


class DraftUnderWay(Exception):
    """The scheme has a draft already, and one is enough: publish it or discard it first."""

    def __init__(self, draft: SchemeVersion) -> None:
        super().__init__(str(draft))
        self.draft = draft


@transaction.atomic
def start_draft(*, scheme: Scheme) -> SchemeVersion:
    """The scheme's draft: the one under way, or a new one that begins as a copy of what is decided last, in force or to come."""
    lock_scheme(scheme.pk, firm_id=scheme.firm_id)
    versions = SchemeVersion.objects.filter(firm_id=scheme.firm_id, scheme=scheme)
    found = versions.filter(status=Status.DRAFT).first()
    if found is not None:
        return found
    return _copy(scheme, versions.filter(status__in=[Status.SCHEDULED, Status.PUBLISHED]).order_by("-number").first())


@transaction.atomic
def restore_version(*, version: SchemeVersion) -> SchemeVersion:
    """A draft with the rules of an earlier version, to look at and publish again: the way back. Raises DraftUnderWay."""
    scheme = lock_scheme(version.scheme_id, firm_id=version.firm_id)
    under_way = SchemeVersion.objects.filter(firm_id=scheme.firm_id, scheme=scheme, status=Status.DRAFT).first()
    if under_way is not None:
        raise DraftUnderWay(under_way)
    return _copy(scheme, version)


def _copy(scheme: Scheme, origin: SchemeVersion | None) -> SchemeVersion:
    last = SchemeVersion.objects.filter(firm_id=scheme.firm_id, scheme=scheme).aggregate(last=Max("number"))["last"] or 0
    draft = SchemeVersion.objects.create(scheme=scheme, number=last + 1)
    if origin is not None:
        write_rules(version=draft, rules=load_rules(origin))
    return draft


@transaction.atomic
def save_draft(*, version: SchemeVersion, rules: Rules, revision: int) -> int:
    """Replace a draft's rules if it still is the one that was read. Returns the new revision.

    Attributes that conditions read get a place for their definition. Raises StaleDraft when someone saved or published it
    since; nothing is written then.
    """
    claimed = SchemeVersion.objects.filter(pk=version.pk, firm_id=version.firm_id, status=Status.DRAFT, revision=revision).update(
        revision=F("revision") + 1
    )
    if not claimed:
        raise StaleDraft(SchemeVersion.objects.get(pk=version.pk, firm_id=version.firm_id))
    write_rules(version=version, rules=with_stated_criteria(rules))
    return revision + 1


@transaction.atomic
def discard_draft(*, version: SchemeVersion) -> None:
    """Throw a draft away; with a scheme that was never published, the scheme too. Raises AlreadyPublished."""
    scheme = lock_scheme(version.scheme_id, firm_id=version.firm_id)
    draft = SchemeVersion.objects.filter(pk=version.pk, firm_id=version.firm_id, status=Status.DRAFT).first()
    if draft is None:
        raise AlreadyPublished(version)
    draft.delete()
    if not scheme.versions.exists():
        scheme.delete()


def share_draft(*, version: SchemeVersion, shared: bool, by: User) -> None:
    """Let colleagues who may read segmentation open this draft's what-if, or no longer."""
    SchemeVersion.objects.filter(pk=version.pk, firm_id=by.firm_id, status=Status.DRAFT).update(is_shared=shared)
