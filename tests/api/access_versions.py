"""The API's operations on versions of the matrix and of schemes, channels, templates and absences: see tests/access.py."""

from datetime import timedelta
from typing import Any

from firms.models import Job, User
from firms.permissions import Permission
from segmentation.drafting import share_draft
from segmentation.models import SchemeVersion
from segmentation.publishing import firm_today, publish_version, schedule_version, start_draft
from service_matrix.models import MatrixVersion
from tests.access import Kind, Route, Scope, Whose
from tests.firms.access import ABSENCE
from tests.segmentation.access import KEPT, make_publication
from tests.segmentation.rows import make_draft as make_scheme_draft
from tests.service_matrix.access import CHANNEL, TEMPLATE, VERSION
from tests.service_matrix.rows import make_scheme


def make_shared(owner: User) -> SchemeVersion:
    draft = make_scheme_draft()
    share_draft(version=draft, shared=True, by=owner)
    return draft


def make_former(owner: User) -> SchemeVersion:
    former = publish_version(version=make_scheme_draft(), by=owner).version
    publish_version(version=start_draft(scheme=former.scheme), by=owner)
    return former


def make_scheduled(owner: User) -> SchemeVersion:
    draft = make_scheme_draft()
    return schedule_version(version=draft, by=owner, revision=draft.revision, on=firm_today(draft.firm_id) + timedelta(days=30))


def as_read(_world: Any, version: SchemeVersion | MatrixVersion) -> dict[str, int]:
    return {"revision": version.revision}


SCHEME = Kind(lambda owner: make_scheme(), Scope.FIRM)
# A draft that is not shared does not exist for who may not edit it (KEPT).
KEPT_DRAFT = Kind(lambda owner: make_scheme_draft(), Scope.FIRM)
SHARED_DRAFT = Kind(make_shared, Scope.FIRM)
FORMER = Kind(make_former, Scope.FIRM)
SCHEDULED = Kind(make_scheduled, Scope.FIRM)
PUBLICATION = Kind(lambda owner: Job.objects.get(pk=make_publication(owner).job_pk), Scope.FIRM)

EDIT, VIEW = Permission.EDIT_SEGMENTATION, Permission.VIEW_SEGMENTATION
# An administrator sees and changes anybody's.
ANYBODYS = {("admin", Whose.COLLEAGUE): 200}

MATRIX = [
    Route("api-channel-list", Permission.VIEW_MATRIX),
    Route("api-channel-list", Permission.EDIT_MATRIX, methods={"POST": 400}),
    Route("api-channel-detail", Permission.VIEW_MATRIX, CHANNEL),
    Route("api-channel-detail", Permission.EDIT_MATRIX, CHANNEL, {"PATCH": 200}, data={"is_active": False}),
    Route("api-channel-built-in", Permission.VIEW_MATRIX),
    Route("api-strategy-template-list", Permission.VIEW_MATRIX),
    Route("api-strategy-template-list", Permission.EDIT_MATRIX, methods={"POST": 400}),
    Route("api-strategy-template-detail", Permission.VIEW_MATRIX, TEMPLATE),
    Route("api-strategy-template-detail", Permission.EDIT_MATRIX, TEMPLATE, {"DELETE": 204}),
    Route("api-strategy-template-apply", Permission.EDIT_MATRIX, TEMPLATE, {"POST": 400}),
    Route("api-matrix-version-list", Permission.VIEW_MATRIX),
    # Without a service scheme there is nothing to promise to.
    Route("api-matrix-version-list", Permission.EDIT_MATRIX, methods={"POST": 409}),
    Route("api-matrix-version-detail", Permission.VIEW_MATRIX, VERSION),
    # Without the revision that was read.
    Route("api-matrix-version-detail", Permission.EDIT_MATRIX, VERSION, {"PATCH": 400, "DELETE": 400}),
    Route("api-matrix-version-copy", Permission.EDIT_MATRIX, VERSION, {"POST": 400}),
    # Nothing was edited yet.
    Route("api-matrix-version-undo", Permission.EDIT_MATRIX, VERSION, {"POST": 409}, as_read),
    Route("api-matrix-version-redo", Permission.EDIT_MATRIX, VERSION, {"POST": 409}, as_read),
    Route("api-matrix-version-comparison", Permission.VIEW_MATRIX, VERSION),
    Route("api-matrix-version-effect", Permission.EDIT_MATRIX, VERSION),
    Route("api-matrix-version-publish", Permission.EDIT_MATRIX, VERSION, {"POST": 202}, as_read),
    # The draft was never in force, nor is it scheduled.
    Route("api-matrix-version-roll-back", Permission.EDIT_MATRIX, VERSION, {"POST": 409}),
    Route("api-matrix-version-call-off", Permission.EDIT_MATRIX, VERSION, {"POST": 409}),
]

SCHEMES = [
    Route("api-scheme-list", VIEW),
    Route("api-scheme-list", EDIT, methods={"POST": 400}),
    Route("api-scheme-detail", VIEW, SCHEME),
    Route("api-scheme-detail", EDIT, SCHEME, {"PATCH": 200}, data={"moves_by_itself": True}),
    Route("api-scheme-draft", EDIT, SCHEME, {"POST": 200}),
    Route("api-scheme-clone", EDIT, SCHEME, {"POST": 201}),
    # It was never published.
    Route("api-scheme-make-service", EDIT, SCHEME, {"POST": 409}),
    Route("api-scheme-version-list", VIEW),
    Route("api-scheme-version-detail", VIEW, FORMER),
    Route("api-scheme-version-detail", VIEW, KEPT_DRAFT, exceptions=KEPT),
    Route("api-scheme-version-detail", EDIT, KEPT_DRAFT, {"DELETE": 204}),
    Route("api-scheme-version-rules", VIEW, SHARED_DRAFT),
    Route("api-scheme-version-rules", VIEW, KEPT_DRAFT, exceptions=KEPT),
    Route("api-scheme-version-rules", EDIT, KEPT_DRAFT, {"PUT": 400}),
    Route("api-scheme-version-problems", VIEW, SHARED_DRAFT),
    Route("api-scheme-version-problems", VIEW, KEPT_DRAFT, exceptions=KEPT),
    Route("api-scheme-version-what-if", VIEW, SHARED_DRAFT),
    Route("api-scheme-version-what-if", VIEW, KEPT_DRAFT, exceptions=KEPT),
    Route("api-scheme-version-movers", VIEW, SHARED_DRAFT),
    Route("api-scheme-version-movers", VIEW, KEPT_DRAFT, exceptions=KEPT),
    Route("api-scheme-version-share", EDIT, KEPT_DRAFT, {"POST": 200}, data={"shared": True}),
    Route("api-scheme-version-publish", EDIT, KEPT_DRAFT, {"POST": 202}, as_read),
    Route("api-scheme-version-cancel", EDIT, SCHEDULED, {"POST": 200}),
    Route("api-scheme-version-restore", EDIT, FORMER, {"POST": 201}),
    Route("api-scheme-publication-detail", EDIT, PUBLICATION),
]

ABSENCES = [
    Route("api-absence-list", Permission.SIGNED_IN),
    Route("api-absence-list", Permission.SIGNED_IN, methods={"POST": 400}),
    Route("api-absence-detail", Permission.SIGNED_IN, ABSENCE, {"GET": 200, "PATCH": 200}, data={"covered_by": None}, exceptions=ANYBODYS),
    Route("api-absence-detail", Permission.SIGNED_IN, ABSENCE, {"DELETE": 204}, exceptions={("admin", Whose.COLLEAGUE): 204}),
    Route("api-absence-who-may-cover", Permission.SIGNED_IN),
    Route("api-absence-covering", Permission.SIGNED_IN),
    Route("api-planning", Permission.SIGNED_IN),
]
