from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from firms.models import Job, User
from firms.permissions import Permission
from segmentation.drafting import share_draft
from segmentation.models import Method, Scheme
from segmentation.publishing import JOB_KIND, firm_today, publish_version, schedule_version, start_draft
from tests import factories
from tests.access import ACT, FORM, Kind, Route, Scope, Whose
from tests.segmentation.rows import editor_fields, make_draft

SEGMENT_FORM = {"name_en": "Top", "name_fr": "Haut", "initiative": "client", "presence": "remote"}
REVIEW_FORM = {
    "capacity": "yes",
    "accuracy": "partly",
    "delivery": "no",
    "needs": "unknown",
    "conclusions": "Go on.",
    "next_on": (timezone.localdate() + timedelta(days=300)).isoformat(),
}
OVERRIDE_FORM = {"reason": "A promise", "expires_on": "2027-06-01"}


def make_placed_client(owner: User) -> Any:
    """A client of the owner's book, placed by a published scheme."""
    client = factories.make_client(adviser=owner, name=f"{owner.name}'s client", potential=5)
    scheme = publish_version(version=make_draft(), by=owner).version.scheme
    return SimpleNamespace(client_pk=client.pk, scheme_pk=scheme.pk)


def make_publication(owner: User) -> Any:
    scheme = make_draft().scheme
    job = Job.objects.create(kind=JOB_KIND, parameters={"scheme": scheme.pk}, created_by=owner)
    return SimpleNamespace(pk=scheme.pk, job_pk=job.pk)


def make_shown_draft(owner: User, *, shared: bool) -> Any:
    """A draft with a client of the owner's book who would be placed in its first segment."""
    factories.make_client(adviser=owner, name=f"{owner.name}'s client", potential=9)
    draft = make_draft()
    share_draft(version=draft, shared=shared, by=owner)
    return SimpleNamespace(pk=draft.scheme_id, number=draft.number)


def make_former_version(owner: User) -> Any:
    former = publish_version(version=make_draft(), by=owner).version
    publish_version(version=start_draft(scheme=former.scheme), by=owner)
    return SimpleNamespace(pk=former.scheme_id, number=former.number)


def make_scheduled(owner: User) -> Any:
    draft = make_draft()
    schedule_version(version=draft, by=owner, revision=draft.revision, on=firm_today(draft.firm_id) + timedelta(days=30))
    return SimpleNamespace(pk=draft.scheme_id, number=draft.number)


def editor_form(world: Any, scheme: Scheme) -> dict[str, str]:
    draft = scheme.versions.first()
    if draft is None:
        return {}
    return editor_fields(draft)


def make_plane(owner: User) -> Scheme:
    draft = make_draft(method=Method.PLANE)
    return publish_version(version=draft, by=owner).version.scheme


SCHEME = Kind(lambda owner: make_draft().scheme, Scope.FIRM)
PLANE = Kind(make_plane, Scope.FIRM)
SEGMENT = Kind(lambda owner: make_draft().scheme.segments.get(rank=1), Scope.FIRM)
PLACED = Kind(make_placed_client)
PUBLICATION = Kind(make_publication, Scope.FIRM)
SHARED_DRAFT = Kind(lambda owner: make_shown_draft(owner, shared=True), Scope.FIRM)
KEPT_DRAFT = Kind(lambda owner: make_shown_draft(owner, shared=False), Scope.FIRM)
# A draft that is not shared does not exist for who may not edit it.
KEPT = {(role, whose): 404 for role in ("adviser", "assistant", "compliance") for whose in (Whose.OWN, Whose.COLLEAGUE)}
FORMER = Kind(make_former_version, Scope.FIRM)
SCHEDULED = Kind(make_scheduled, Scope.FIRM)

ROUTES = [
    Route("scheme_list", Permission.VIEW_SEGMENTATION),
    Route("scheme_cross", Permission.VIEW_SEGMENTATION),
    Route("scheme_clone", Permission.EDIT_SEGMENTATION, SCHEME, ACT),
    Route("scheme_create", Permission.EDIT_SEGMENTATION, methods=ACT, data={"preset": "premium"}),
    Route("scheme_own", Permission.EDIT_SEGMENTATION, methods=FORM, data={"name_en": "Own", "name_fr": "À nous", "levels": "3"}),
    Route("scheme_detail", Permission.VIEW_SEGMENTATION, SCHEME),
    Route("scheme_edit", Permission.EDIT_SEGMENTATION, SCHEME, FORM, data=editor_form),
    Route("scheme_plane", Permission.VIEW_SEGMENTATION, PLANE),
    Route("scheme_moves", Permission.EDIT_SEGMENTATION, SCHEME, ACT, data={"moves": "on"}),
    Route("scheme_draft_start", Permission.EDIT_SEGMENTATION, SCHEME, ACT),
    Route("scheme_preview", Permission.EDIT_SEGMENTATION, SCHEME, {"POST": 200}, data=editor_form),
    Route("scheme_publish", Permission.EDIT_SEGMENTATION, SCHEME, FORM),
    Route("scheme_discard", Permission.EDIT_SEGMENTATION, SCHEME, ACT),
    Route("scheme_publication", Permission.EDIT_SEGMENTATION, PUBLICATION, kwargs=vars),
    Route("scheme_versions", Permission.VIEW_SEGMENTATION, SCHEME),
    Route("scheme_version", Permission.VIEW_SEGMENTATION, FORMER, kwargs=vars),
    Route("scheme_version", Permission.VIEW_SEGMENTATION, KEPT_DRAFT, kwargs=vars, exceptions=KEPT),
    Route("scheme_what_if", Permission.VIEW_SEGMENTATION, SHARED_DRAFT, kwargs=vars),
    Route("scheme_what_if", Permission.VIEW_SEGMENTATION, KEPT_DRAFT, kwargs=vars, exceptions=KEPT),
    Route("scheme_movers", Permission.VIEW_SEGMENTATION, SHARED_DRAFT, kwargs=vars),
    Route("scheme_movers", Permission.VIEW_SEGMENTATION, KEPT_DRAFT, kwargs=vars, exceptions=KEPT),
    Route("scheme_share", Permission.EDIT_SEGMENTATION, KEPT_DRAFT, ACT, data={"shared": "yes"}, kwargs=vars),
    Route("version_restore", Permission.EDIT_SEGMENTATION, FORMER, ACT, kwargs=vars),
    Route("version_cancel", Permission.EDIT_SEGMENTATION, SCHEDULED, ACT, kwargs=vars),
    Route("scheme_make_service", Permission.EDIT_SEGMENTATION, SCHEME, ACT),
    Route("segment_edit", Permission.EDIT_SEGMENTATION, SEGMENT, FORM, data=SEGMENT_FORM),
    Route("segment_override", Permission.OVERRIDE_SEGMENT, PLACED, {"GET": 200}, kwargs=vars),
    Route("segment_override_end", Permission.OVERRIDE_SEGMENT, PLACED, ACT, kwargs=vars),
    Route("drift_list", Permission.VIEW_SEGMENTATION),
    Route("drift_decide", Permission.OVERRIDE_SEGMENT, methods=ACT),
    Route("drift_undo", Permission.OVERRIDE_SEGMENT, methods=ACT),
    Route("override_list", Permission.VIEW_SEGMENTATION),
    Route("reassessment_list", Permission.VIEW_SEGMENTATION),
    Route("reassessment_keep", Permission.OVERRIDE_SEGMENT, methods=ACT),
    Route("client_reassess", Permission.OVERRIDE_SEGMENT, PLACED, FORM, data={"outcome": "kept"}, kwargs=vars),
    Route("scheme_history", Permission.VIEW_SEGMENTATION, SCHEME),
    Route("scheme_history_export", Permission.EXPORT_CLIENTS, SCHEME),
    Route("scheme_review", Permission.EDIT_SEGMENTATION, SCHEME, FORM, data=REVIEW_FORM),
]
