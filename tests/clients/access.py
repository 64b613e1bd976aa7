"""Who gets what answer from this room's pages."""

from clients.models import Person
from firms.permissions import Permission
from firms.row_versions import version_of
from tests import factories
from tests.access import ACT, CLIENT, FORM, Kind, Route
from tests.clients import access_filters, access_imports, access_logging, access_records

VIEW, EDIT, EXPORT = Permission.VIEW_CLIENTS, Permission.EDIT_CLIENTS, Permission.EXPORT_CLIENTS


def _second_person(owner):
    client = factories.make_client(adviser=owner, name=f"{owner.name}'s client")
    return Person.objects.create(client=client, last_name=f"{owner.name}'s client's wife")


def _version(row):
    """None can be read of another firm's row."""
    return version_of(row) if type(row).objects.filter(pk=row.pk).exists() else "0"


def _form(world, client):
    """What the edit form sends back: the version is that of the row."""
    sent = {"name": "Roy", "kind": "individual", "status": "client", "language": "fr"}
    return sent | ({"adviser": client.adviser_id, "version": _version(client)} if client else {"adviser": 1})


def _person_form(world, person):
    return {"last_name": "Roy", "version": _version(person)} if person else {"last_name": "Roy"}


PERSON = Kind(_second_person)
LOGGED = {"happened_on": "2026-01-05", "channel": "phone", "subject": "Check-in call"}

ROUTES = [
    Route("client_list", VIEW),
    Route("search", VIEW),
    Route("client_export_csv", EXPORT),
    Route("client_export_xlsx", EXPORT),
    # Posted with nothing, the form comes back: whose book the client goes to depends on who asks (tests of editing).
    Route("client_create", EDIT, methods={"GET": 200, "POST": 200}),
    Route("client_detail", VIEW, CLIENT),
    Route("client_segment", VIEW, CLIENT),
    Route("client_year", VIEW, CLIENT),
    Route("client_interactions", VIEW, CLIENT),
    Route("client_people", VIEW, CLIENT),
    Route("client_pdf", VIEW, CLIENT),
    Route("client_history", VIEW, CLIENT),
    Route("client_edit", EDIT, CLIENT, FORM, data=_form),
    Route("client_archive", EDIT, CLIENT, ACT),
    Route("client_restore", EDIT, CLIENT, ACT),
    Route("client_status", EDIT, CLIENT, ACT, data={"status": "former"}),
    Route("interaction_create", EDIT, CLIENT, FORM, data=LOGGED),
    Route("person_create", EDIT, CLIENT, FORM, data={"last_name": "Roy"}),
    Route("person_edit", EDIT, PERSON, FORM, data=_person_form),
    Route("person_primary", EDIT, PERSON, ACT),
    Route("person_remove", EDIT, PERSON, ACT),
    *access_filters.ROUTES,
    *access_imports.ROUTES,
    *access_records.ROUTES,
    *access_logging.ROUTES,
]
