from types import SimpleNamespace
from typing import Any

from firms.models import Job, User
from firms.permissions import Permission
from segmentation.models import Method, Scheme
from segmentation.publishing import JOB_KIND, publish_version
from tests import factories
from tests.access import ACT, FORM, Kind, Route, Scope
from tests.segmentation.rows import editor_fields, make_draft

SEGMENT_FORM = {"name_en": "Top", "name_fr": "Haut"}
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

ROUTES = [
    Route("scheme_list", Permission.VIEW_SEGMENTATION),
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
    Route("scheme_make_service", Permission.EDIT_SEGMENTATION, SCHEME, ACT),
    Route("segment_edit", Permission.EDIT_SEGMENTATION, SEGMENT, FORM, data=SEGMENT_FORM),
    Route("segment_override", Permission.OVERRIDE_SEGMENT, PLACED, {"GET": 200}, kwargs=vars),
    Route("segment_override_end", Permission.OVERRIDE_SEGMENT, PLACED, ACT, kwargs=vars),
]
