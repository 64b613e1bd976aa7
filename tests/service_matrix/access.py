from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from firms.models import User
from firms.permissions import Permission
from service_matrix.catalogue import REACTIVE
from service_matrix.channels import ChannelDraft, save_channel
from service_matrix.models import FirmChannel, MatrixVersion, StrategyTemplate, TouchpointType
from service_matrix.strategy_templates import save_template
from service_matrix.versions import ensure_catalogue
from tests.access import ACT, FORM, Kind, Route, Scope
from tests.service_matrix.rows import except_client, make_draft, make_exempted, make_rule, make_scheme, segment_of

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
TYPED = {"revision": "1", "frequency": "2", "channel": "phone", "minutes": "30"}
PROMISE_FORM = {"revision": "1", "times": "2", "channel": "phone", "performer": "adviser", "minutes": "30", "window_days": "14"}


def make_type(owner: User) -> TouchpointType:
    return ensure_catalogue(by=owner)["newsletter"]


def make_cell(owner: User) -> Any:
    """A cell of the draft in the owner's firm, which brings the scheme and the draft."""
    draft = make_draft(by=owner)
    return SimpleNamespace(type_pk=make_type(owner).pk, segment_pk=segment_of(draft.scheme, 1).pk)


CELL = Kind(make_cell, Scope.FIRM)
TYPE = Kind(make_type, Scope.FIRM)


def make_channel(owner: User) -> FirmChannel:
    return save_channel(channel=None, draft=ChannelDraft(name_en="Messenger", name_fr="Messagerie", counts_as="sms", roles=[]), by=owner)


CHANNEL = Kind(make_channel, Scope.FIRM)
VERSION = Kind(lambda owner: make_draft(by=owner), Scope.FIRM)
SEGMENT = Kind(lambda owner: segment_of(make_scheme(), 1), Scope.FIRM)

EXCEPTION_FORM = {"times": "3", "reason": "As agreed"}


def make_ruled(owner: User) -> Any:
    rule = make_rule(make_draft(by=owner), by=owner, channel="video")
    return SimpleNamespace(profile_pk=rule.profile_id, pk=rule.pk)


def make_excepted(owner: User) -> Any:
    return except_client(make_exempted(by=owner), make_type(owner), by=owner, minutes=5)


def exception_form(_world: Any, client: Any) -> dict[str, str]:
    """For any client, or none: the form of the acting firm, whose first type is as good as another."""
    kind = TouchpointType.objects.filter(is_active=True).exclude(key=REACTIVE).order_by("pk").first()
    return EXCEPTION_FORM | {"touchpoint_type": str(kind.pk if kind else 0), "expires_on": (timezone.localdate() + timedelta(days=60)).isoformat()}


def make_owed(owner: User) -> Any:
    make_type(owner)
    return make_exempted(by=owner)


def make_template(owner: User) -> Any:
    draft = make_draft(by=owner)
    name = f"Template {StrategyTemplate.objects.count()}"
    return save_template(version=draft, segment=segment_of(draft.scheme, 1), name=name, description="", by=owner)


def applied() -> dict[str, str]:
    """Onto the first segment of the acting firm's draft, where it has one."""
    draft = MatrixVersion.objects.filter(status="draft").first()
    return {"revision": str(draft.revision), "segment": str(segment_of(draft.scheme, 1).pk)} if draft is not None else {"revision": "1"}


TEMPLATE = Kind(make_template, Scope.FIRM)
RULE = Kind(make_ruled, Scope.FIRM)
EXCEPTED = Kind(make_excepted)
OWED = Kind(make_owed)

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
    Route("matrix_version_effect", Permission.EDIT_MATRIX, VERSION),
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
    Route("matrix_profiles", Permission.VIEW_MATRIX),
    # Without a draft there is nothing to change: back to the profiles.
    Route("matrix_overlay", Permission.EDIT_MATRIX, methods=ACT),
    Route("matrix_propose", Permission.EDIT_MATRIX, methods=ACT),
    Route(
        "profile_rule_create",
        Permission.EDIT_MATRIX,
        RULE,
        FORM,
        data={"revision": "3", "scope": "channel:phone", "channel": "email"},
        kwargs=lambda made: {"profile_pk": made.profile_pk},
    ),
    Route("profile_rule_edit", Permission.EDIT_MATRIX, RULE, FORM, data={"revision": "3", "channel": "email"}, kwargs=vars),
    Route("promise_exceptions", Permission.VIEW_MATRIX),
    Route("promise_exception", Permission.OVERRIDE_SEGMENT, OWED, FORM, data=exception_form, kwargs=lambda client: {"client_pk": client.pk}),
    Route("promise_exception_end", Permission.OVERRIDE_SEGMENT, EXCEPTED, ACT),
    Route(
        "promise_cell",
        Permission.EDIT_MATRIX,
        CELL,
        {"POST": 302},
        data=TYPED,
        kwargs=vars,
    ),
    Route(
        "matrix_preview",
        Permission.EDIT_MATRIX,
        CELL,
        {"POST": 200},
        data=TYPED,
        kwargs=vars,
    ),
    Route("matrix_copy", Permission.EDIT_MATRIX, methods=ACT),
    Route("matrix_undo", Permission.EDIT_MATRIX, methods=ACT),
    Route("matrix_redo", Permission.EDIT_MATRIX, methods=ACT),
    Route("template_list", Permission.VIEW_MATRIX),
    # Without a matrix there is nothing to keep: the page says so.
    Route("template_create", Permission.EDIT_MATRIX),
    Route("template_apply", Permission.EDIT_MATRIX, TEMPLATE, FORM, data=lambda _world, _made: applied()),
    Route("template_delete", Permission.EDIT_MATRIX, TEMPLATE, ACT),
]
