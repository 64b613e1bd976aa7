from types import SimpleNamespace
from typing import Any

from firms.models import User
from firms.permissions import Permission
from service_matrix.channels import ChannelDraft, save_channel
from service_matrix.models import TouchpointType
from service_matrix.versions import ensure_catalogue
from tests.access import ACT, FORM, Kind, Route, Scope
from tests.service_matrix.rows import make_draft, make_scheme, segment_of

TYPE_FORM = {
    "name_en": "Handwritten note",
    "name_fr": "Mot manuscrit",
    "channel": "post",
    "performer": "adviser",
    "minutes": "10",
    "is_active": "on",
    "steps-TOTAL_FORMS": "0",
    "steps-INITIAL_FORMS": "0",
    "agenda-TOTAL_FORMS": "0",
    "agenda-INITIAL_FORMS": "0",
}
CHANNEL_FORM = {"name_en": "Messenger", "name_fr": "Messagerie", "counts_as": "sms", "roles": ["urgent"], "is_active": "on"}
PROMISE_FORM = {"revision": "1", "times": "2", "channel": "phone", "performer": "adviser", "minutes": "30", "window_days": "14"}


def make_type(owner: User) -> TouchpointType:
    return ensure_catalogue(by=owner)["newsletter"]


def make_cell(owner: User) -> Any:
    """A cell of the draft in the owner's firm, which brings the scheme and the draft."""
    draft = make_draft(by=owner)
    return SimpleNamespace(type_pk=make_type(owner).pk, segment_pk=segment_of(draft.scheme, 1).pk)


CELL = Kind(make_cell, Scope.FIRM)
TYPE = Kind(make_type, Scope.FIRM)
CHANNEL = Kind(
    lambda owner: save_channel(channel=None, draft=ChannelDraft(name_en="Messenger", name_fr="Messagerie", counts_as="sms", roles=[]), by=owner),
    Scope.FIRM,
)
VERSION = Kind(lambda owner: make_draft(by=owner), Scope.FIRM)
SEGMENT = Kind(lambda owner: segment_of(make_scheme(), 1), Scope.FIRM)

ROUTES = [
    Route("matrix", Permission.VIEW_MATRIX),
    Route("matrix_draft_start", Permission.EDIT_MATRIX, methods=ACT),
    Route("matrix_discard", Permission.EDIT_MATRIX, methods=ACT),
    # Without a draft there is nothing to publish: back to the matrix.
    Route("matrix_publish", Permission.EDIT_MATRIX, methods={"GET": 302, "POST": 302}),
    Route("promise_edit", Permission.EDIT_MATRIX, CELL, FORM, data=PROMISE_FORM, kwargs=vars),
    Route("matrix_effect", Permission.EDIT_MATRIX),
    Route("matrix_versions", Permission.VIEW_MATRIX),
    Route("matrix_version", Permission.VIEW_MATRIX, VERSION),
    # The draft was never in force, nor is it scheduled: both say so on the page of versions.
    Route("matrix_roll_back", Permission.EDIT_MATRIX, VERSION, ACT),
    Route("matrix_call_off", Permission.EDIT_MATRIX, VERSION, ACT),
    Route("matrix_reactive", Permission.EDIT_MATRIX, methods={"GET": 302, "POST": 302}),
    Route("channel_list", Permission.VIEW_MATRIX),
    Route("channel_create", Permission.EDIT_MATRIX, methods=FORM, data=CHANNEL_FORM),
    Route("channel_edit", Permission.EDIT_MATRIX, CHANNEL, FORM, data=CHANNEL_FORM),
    Route("capacity", Permission.VIEW_CAPACITY),
    Route("strategy_edit", Permission.EDIT_MATRIX, SEGMENT, FORM, data={"revenue_from": "100"}, kwargs=lambda segment: {"segment_pk": segment.pk}),
    Route("touchpoint_type_list", Permission.VIEW_MATRIX),
    Route("touchpoint_type_restore", Permission.EDIT_MATRIX, methods=ACT),
    Route("touchpoint_type_create", Permission.EDIT_MATRIX, methods=FORM, data=TYPE_FORM),
    Route("touchpoint_type_edit", Permission.EDIT_MATRIX, TYPE, FORM, data=TYPE_FORM),
]
