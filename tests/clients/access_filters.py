"""The routes of saved filters and of what is done with a whole list."""

from clients.models import SavedFilter
from firms.models import Job
from firms.permissions import Permission, Role
from tests.access import ACT, FORM, Kind, Route, Scope, Whose

VIEW, ASSIGN = Permission.VIEW_CLIENTS, Permission.ASSIGN_CLIENTS
RICH = {"match": "all", "items": [{"attribute": "aum", "test": "more_than", "values": ["400000"]}]}
SENT = {"name": "Rich", "conditions-match": "all", "conditions-0-attribute": "aum", "conditions-0-test": "known"}


def _filter(owner, **fields):
    number = SavedFilter.objects.filter(owner=owner).count()
    return SavedFilter.objects.create(owner=owner, name=f"{owner.name}'s {number}", conditions=RICH, **fields)


def _sent(_world, saved):
    return SENT | {"version": saved.version if saved else ""}


PRIVATE = Kind(_filter, Scope.OWN)
SHARED = Kind(lambda owner: _filter(owner, is_shared=True), Scope.FIRM)
ASSIGNING = Kind(lambda owner: Job.objects.create(kind="assign_clients", parameters={"adviser": owner.pk, "clients": []}), Scope.FIRM)

# A shared filter is everyone's to use, and its owner's and the administrators' to change. The sweep's own one is the adviser's.
NOT_ITS_OWNER: dict[tuple[str, Whose], int] = {
    (role.value, whose): 403
    for role in (Role.ADVISER, Role.ASSISTANT, Role.COMPLIANCE)
    for whose in (Whose.OWN, Whose.COLLEAGUE)
    if (role, whose) != (Role.ADVISER, Whose.OWN)
}

ROUTES = [
    Route("filter_list", VIEW),
    Route("filter_create", VIEW, methods=FORM, data=SENT),
    Route("filter_edit", VIEW, PRIVATE, FORM, data=_sent),
    Route("filter_edit", VIEW, SHARED, FORM, data=_sent, exceptions=NOT_ITS_OWNER),
    Route("filter_delete", VIEW, PRIVATE, ACT),
    Route("filter_delete", VIEW, SHARED, ACT, exceptions=NOT_ITS_OWNER),
    Route("condition_builder", VIEW, methods={"POST": 200}, kwargs=lambda _: {"prefix": "rule"}),
    Route("condition_count", VIEW, methods={"POST": 200}, kwargs=lambda _: {"prefix": "rule"}),
    Route("assign_adviser", ASSIGN, methods={"GET": 200, "POST": 200}),
    Route("assign_progress", ASSIGN, ASSIGNING),
]
