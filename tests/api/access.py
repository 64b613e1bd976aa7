"""The API's operations: see tests/access.py."""

from datetime import date

from django.utils import timezone

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Client, Interaction, Person
from firms.models import User
from firms.permissions import Permission
from segmentation.models import Assignment, Placement, SchemeVersion
from service_matrix.models import ProfileRule, Promise
from service_matrix.versions import publish_version
from tests.access import CLIENT, Kind, Route, Scope
from tests.api.access_versions import ABSENCES, MATRIX, SCHEMES
from tests.clients.access_filters import NOT_ITS_OWNER, PRIVATE, SHARED
from tests.clients.access_logging import FOLLOW_UP, LIFE_EVENT, TRANSFER, make_follow_up
from tests.clients.access_records import AMOUNT, DEFINITION, REFERRAL
from tests.factories import make_client
from tests.service_matrix.access import TYPE, make_excepted, make_ruled
from tests.service_matrix.rows import make_draft, make_exempted, make_scheme, segment_of
from tests.touchpoints.rows import make_touchpoint
from touchpoints.models import Touchpoint

POST = {"POST": 200}


def make_archived(owner: User) -> Client:
    return make_client(adviser=owner, archived_at="2026-01-01T00:00:00Z")


def make_relative(owner: User) -> Person:
    """Someone in a client who is not its primary contact."""
    return Person.objects.create(client=make_client(adviser=owner), last_name=f"{owner.name}'s relative")


def make_interaction(owner: User) -> Interaction:
    return log_interaction(client=make_client(adviser=owner), by=owner, draft=InteractionDraft(channel="phone", subject="News"))


def make_assignment(owner: User) -> Assignment:
    scheme = make_scheme()
    return Assignment.objects.create(
        client=make_client(adviser=owner), scheme=scheme, segment=segment_of(scheme, 1), starts_on=date(2026, 1, 1), source="import"
    )


def make_explained(owner: User) -> Assignment:
    """An assignment whose client the published rules place too."""
    assignment = make_assignment(owner)
    version, _ = SchemeVersion.objects.get_or_create(scheme=assignment.scheme, number=1, defaults={"status": "published"})
    Placement.objects.create(client=assignment.client, scheme=assignment.scheme, version=version, segment=assignment.segment, score=80)
    return assignment


def make_cell(owner: User) -> Promise:
    return Promise.objects.filter(version=make_draft(by=owner)).order_by("pk")[0]


def make_open_touchpoint(owner: User) -> Touchpoint:
    return make_touchpoint(adviser=owner, due_on=date(2100, 1, 4))


ARCHIVED = Kind(make_archived)
DONE_FOLLOW_UP = Kind(lambda owner: make_follow_up(owner, done_at=timezone.now(), done_by=owner))
PERSON = Kind(lambda owner: Person.objects.get(client=make_client(adviser=owner)))
RELATIVE = Kind(make_relative)
INTERACTION = Kind(make_interaction)
ASSIGNMENT = Kind(make_assignment)
TOUCHPOINT = Kind(make_open_touchpoint)
EXPLAINED = Kind(make_explained)
SEGMENT = Kind(lambda owner: segment_of(make_scheme(), 1), Scope.FIRM)
CELL = Kind(make_cell, Scope.FIRM)


def make_owed(owner: User) -> Client:
    """A client who is promised something."""
    draft = make_draft(by=owner)
    client = make_exempted(by=owner)
    publish_version(version=draft, revision=draft.revision, by=owner)
    return client


OWED = Kind(make_owed)
EXCEPTED = Kind(make_excepted)
RULE = Kind(lambda owner: ProfileRule.objects.get(pk=make_ruled(owner).pk), Scope.FIRM)

ROUTES = [
    Route("api-schema", Permission.SIGNED_IN),
    Route("api-docs", Permission.SIGNED_IN),
    Route("api-client-promises-list", Permission.VIEW_MATRIX),
    Route("api-client-promises-detail", Permission.VIEW_MATRIX, OWED),
    Route("api-promise-exception-list", Permission.VIEW_MATRIX),
    Route("api-promise-exception-list", Permission.OVERRIDE_SEGMENT, methods={"POST": 400}),
    Route("api-promise-exception-detail", Permission.VIEW_MATRIX, EXCEPTED),
    Route("api-promise-exception-end", Permission.OVERRIDE_SEGMENT, EXCEPTED, POST),
    Route("api-profile-rule-list", Permission.VIEW_MATRIX),
    Route("api-profile-rule-detail", Permission.VIEW_MATRIX, RULE),
    Route("api-unknown", Permission.PUBLIC, methods=dict.fromkeys(("GET", "POST", "PATCH", "PUT", "DELETE"), 404)),
    Route("api-client-list", Permission.VIEW_CLIENTS),
    # Writing is tested with values in tests/api; here, who may try.
    Route("api-client-list", Permission.EDIT_CLIENTS, methods={"POST": 400}),
    Route("api-client-detail", Permission.VIEW_CLIENTS, CLIENT),
    Route("api-client-detail", Permission.EDIT_CLIENTS, CLIENT, {"PATCH": 200}, data={"city": "Gaspé"}),
    Route("api-client-archive", Permission.EDIT_CLIENTS, CLIENT, POST),
    Route("api-client-restore", Permission.EDIT_CLIENTS, ARCHIVED, POST),
    Route("api-person-list", Permission.VIEW_CLIENTS),
    Route("api-person-list", Permission.EDIT_CLIENTS, methods={"POST": 400}),
    Route("api-person-detail", Permission.VIEW_CLIENTS, PERSON),
    Route("api-person-detail", Permission.EDIT_CLIENTS, RELATIVE, {"PATCH": 200, "DELETE": 204}, data={"first_name": "Zoé"}),
    Route("api-person-make-primary", Permission.EDIT_CLIENTS, RELATIVE, POST),
    Route("api-interaction-list", Permission.VIEW_CLIENTS),
    Route("api-interaction-list", Permission.EDIT_CLIENTS, methods={"POST": 400}),
    Route("api-interaction-detail", Permission.VIEW_CLIENTS, INTERACTION),
    Route("api-follow-up-list", Permission.VIEW_CLIENTS),
    Route("api-follow-up-list", Permission.EDIT_CLIENTS, methods={"POST": 400}),
    Route("api-follow-up-detail", Permission.VIEW_CLIENTS, FOLLOW_UP),
    Route("api-follow-up-detail", Permission.EDIT_CLIENTS, FOLLOW_UP, {"PATCH": 200, "DELETE": 204}, data={"text": "Call"}),
    Route("api-follow-up-finish", Permission.EDIT_CLIENTS, FOLLOW_UP, POST),
    Route("api-follow-up-reopen", Permission.EDIT_CLIENTS, DONE_FOLLOW_UP, POST),
    Route("api-transfer-list", Permission.ASSIGN_CLIENTS),
    Route("api-transfer-list", Permission.ASSIGN_CLIENTS, methods={"POST": 400}),
    Route("api-transfer-detail", Permission.ASSIGN_CLIENTS, TRANSFER),
    Route("api-transfer-undo", Permission.ASSIGN_CLIENTS, TRANSFER, POST),
    Route("api-life-event-list", Permission.VIEW_CLIENTS),
    Route("api-life-event-list", Permission.EDIT_CLIENTS, methods={"POST": 400}),
    Route("api-life-event-detail", Permission.VIEW_CLIENTS, LIFE_EVENT),
    Route("api-life-event-detail", Permission.EDIT_CLIENTS, LIFE_EVENT, {"PATCH": 200, "DELETE": 204}, data={"words": "Léa"}),
    Route("api-referral-list", Permission.VIEW_CLIENTS),
    Route("api-referral-list", Permission.EDIT_CLIENTS, methods={"POST": 400}),
    Route("api-referral-detail", Permission.VIEW_CLIENTS, REFERRAL),
    Route("api-referral-detail", Permission.EDIT_CLIENTS, REFERRAL, {"PATCH": 200, "DELETE": 204}, data={"converted": True}),
    Route("api-amount-list", Permission.VIEW_CLIENTS),
    Route("api-amount-list", Permission.EDIT_CLIENTS, methods={"POST": 400}),
    Route("api-amount-detail", Permission.VIEW_CLIENTS, AMOUNT),
    Route("api-amount-detail", Permission.EDIT_CLIENTS, AMOUNT, {"PATCH": 200, "DELETE": 204}, data={"amount": "12.50"}),
    Route("api-attribute-list", Permission.VIEW_CLIENTS),
    Route("api-attribute-detail", Permission.VIEW_CLIENTS, DEFINITION),
    Route("api-saved-filter-list", Permission.VIEW_CLIENTS),
    Route("api-saved-filter-list", Permission.VIEW_CLIENTS, methods={"POST": 400}),
    Route("api-saved-filter-detail", Permission.VIEW_CLIENTS, PRIVATE, {"GET": 200, "PATCH": 200, "DELETE": 204}, data={"name": "Rich"}),
    Route("api-saved-filter-detail", Permission.VIEW_CLIENTS, SHARED),
    Route("api-saved-filter-detail", Permission.VIEW_CLIENTS, SHARED, {"PATCH": 200, "DELETE": 204}, data={"name": "R"}, exceptions=NOT_ITS_OWNER),
    *SCHEMES,
    Route("api-segment-list", Permission.VIEW_SEGMENTATION),
    Route("api-segment-detail", Permission.VIEW_SEGMENTATION, SEGMENT),
    Route("api-assignment-list", Permission.VIEW_SEGMENTATION),
    Route("api-assignment-detail", Permission.VIEW_SEGMENTATION, ASSIGNMENT),
    Route("api-assignment-explanation", Permission.VIEW_SEGMENTATION, EXPLAINED),
    Route("api-touchpoint-type-list", Permission.VIEW_MATRIX),
    Route("api-touchpoint-type-detail", Permission.VIEW_MATRIX, TYPE),
    *MATRIX,
    Route("api-promise-list", Permission.VIEW_MATRIX),
    Route("api-promise-list", Permission.EDIT_MATRIX, methods={"POST": 400}),
    Route("api-promise-detail", Permission.VIEW_MATRIX, CELL),
    # Without the revision that was read.
    Route("api-promise-detail", Permission.EDIT_MATRIX, CELL, {"DELETE": 400}),
    *ABSENCES,
    Route("api-service-audit", Permission.VIEW_AUDIT),
    Route("api-touchpoint-list", Permission.VIEW_QUEUE),
    Route("api-touchpoint-detail", Permission.VIEW_QUEUE, TOUCHPOINT),
    Route("api-touchpoint-claim", Permission.WORK_QUEUE, TOUCHPOINT, POST),
    Route("api-touchpoint-complete", Permission.WORK_QUEUE, TOUCHPOINT, POST, data={"channel": "phone", "subject": "News"}),
    Route("api-touchpoint-snooze", Permission.WORK_QUEUE, TOUCHPOINT, POST, data={"until": "2100-01-10"}),
    Route("api-touchpoint-move", Permission.WORK_QUEUE, TOUCHPOINT, POST, data={"to": "2100-01-10"}),
    Route("api-touchpoint-reassign", Permission.WORK_QUEUE, TOUCHPOINT, POST, data={"to": None}),
    Route("api-touchpoint-bulk", Permission.WORK_QUEUE, methods={"POST": 400}),
    Route("api-touchpoint-undo", Permission.WORK_QUEUE, methods={"POST": 409}),
    Route("api-touchpoint-skip", Permission.WORK_QUEUE, TOUCHPOINT, POST, data={"reason": "Abroad"}),
]
