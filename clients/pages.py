"""What every page of a client shares: the client as its reader may see it, the frame of tabs, refusals beside their fields."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from clients.columns import Place, panels
from clients.editing import ChangedMeanwhile
from clients.keeping import keeping_of
from clients.models import Client, Interaction, Person
from clients.overview import with_counted
from clients.queries import sees, visible_to
from clients.readers import ReaderKind, values_of
from firms.formats import babel_locale, moment
from firms.guard import FirmRequest
from firms.statements import given, kept_statement


def client_of(request: FirmRequest, pk: int, *, counted: bool = False) -> Client:
    """The client this reader may see, with the adviser and what is said of keeping it; anyone else's is not found. `counted` reads
    what overview.py shows of referrals and amounts in the same statement."""
    statement = _client_counted(ReaderKind.of(request.user), request.local_date) if counted else _client(ReaderKind.of(request.user))
    client = statement.row(**values_of(request.user), client=pk)
    if client is None:
        raise Http404
    return client


@kept_statement
def _client(reader: ReaderKind) -> QuerySet[Client]:
    return visible_to(reader.stand_in()).filter(pk=given("client")).select_related("adviser", "keeping__related_client")


@kept_statement
def _client_counted(reader: ReaderKind, on: date) -> QuerySet[Client]:
    """With the figures of the twelve months that end on a day."""
    clients = visible_to(reader.stand_in()).filter(pk=given("client")).select_related("adviser", "keeping__related_client")
    return with_counted(clients, on=on)


def people_of(client: Client) -> list[Person]:
    """The contacts of a client whom the reader may see, the primary one first."""
    return _people().rows(firm=client.firm_id, client=client.pk)


@kept_statement
def _people() -> QuerySet[Person]:
    return Person.objects.filter(firm_id=given("firm"), client_id=given("client"))


def logged_interaction(request: FirmRequest, pk: int) -> Interaction:
    """An interaction of a client this reader may see; any other is not found."""
    found = Interaction.objects.filter(firm_id=request.user.firm_id, client__in=visible_to(request.user))
    return get_object_or_404(found.select_related("client__adviser", "by"), pk=pk)


def line_of(interaction: Interaction) -> str:
    """Where it stands on its client's page."""
    return f"{reverse('client_interactions', args=[interaction.client_id])}#interaction-{interaction.pk}"


def show_tab(request: FirmRequest, client: Client, tab: str, **context: Any) -> HttpResponse:
    keeping = keeping_of(client)
    related = keeping.related_client if keeping else None
    shared = {
        "client": client, "tab": tab, "header": render_panels(request, client, Place.HEADER), "keeping": keeping, "today": request.local_date,
        # A client of a book that the reader does not see is not named.
        "related": related if related and sees(request.user, related) else None,
    }  # fmt: skip
    return render(request, f"clients/{tab}.html", shared | context)


def render_panels(request: FirmRequest, client: Client, place: Place) -> list[str]:
    return [html for panel in panels(place) if (html := panel.render(request, client))]


def add_errors(error: ValidationError, form: forms.BaseForm, *others: forms.BaseForm) -> None:
    """Beside the field they are about, in whichever form has it; the rest above the first form."""
    faults = error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
    for name, texts in faults.items():
        owner = next((each for each in (form, *others) if name in each.fields), form)
        for text in texts:
            owner.add_error(name if name in owner.fields else None, text)


def worded(request: FirmRequest, conflict: ChangedMeanwhile) -> str:
    when = moment(conflict.when, locale=babel_locale(request.firm.region)) if conflict.when else ""
    who = conflict.who or _("A program")
    return _("%(who)s saved this file meanwhile (%(when)s). Open it again to see the changes, then make yours.") % {"who": who, "when": when}
