"""The client list, the client's page, and the forms that change it."""

from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients import editing
from clients.attributes import catalogue_of
from clients.client_file import client_file
from clients.columns import Place, bulk_actions
from clients.conditions import describe
from clients.context import context_of
from clients.daily_lists import everyone_page, found_page
from clients.exporting import export_csv, export_xlsx
from clients.filters import ClientFilter, asked_filters
from clients.forms import ClientForm, PersonForm
from clients.history import history_of
from clients.listing import Columns, Heading
from clients.models import Client, Person, Status
from clients.overview import overview_of
from clients.pages import add_errors, client_of, people_of, render_panels, show_tab, worded
from clients.paging import MOST_COUNTED, Page, Sort, address_with, client_page, read_place, write_place
from clients.people_pages import render_led
from clients.promised import with_what_they_delivered
from clients.queries import visible_to
from clients.saved_filters import conditions_of, may_change
from clients.searching import find, is_gathered
from firms.guard import FirmRequest, firm_view
from firms.models import User
from firms.navigation import pages_named
from firms.permissions import Permission
from firms.row_versions import version_of

# Interactions shown on a page of a client's; the search of the tab is the browser's.
RECENT = 100
SUGGESTIONS = 6


@firm_view(Permission.VIEW_CLIENTS)
def client_list(request: FirmRequest) -> HttpResponse:
    filters = asked_filters(request)
    columns, sort = Columns(request.GET.getlist("columns"), filters.catalogue), Sort.read(request.GET.get("sort", ""))
    page = _daily_page(request, filters, columns, sort) or client_page(
        filters.qs, sort=sort, address=request.GET, read=columns.read, gathered=is_gathered(request.GET.get("q", ""))
    )
    context = {
        "filters": filters,
        "columns": columns,
        "page": page,
        "rows": columns.rows(request, page.rows),
        "count": page.count if page.count is not None else filters.qs.order_by()[: MOST_COUNTED + 1].count(),
        "most_counted": MOST_COUNTED,
        "sort": sort,
        "headings": _sortable([Heading("name", _("Name")), *columns.headings], sort, request.GET),
        "is_filtered": any(request.GET.get(name) for name in filters.filters),
        "address": address_with(request.GET),
        "bulk_actions": bulk_actions(request.user),
        **_chosen_filter(request, filters),
    }
    if not request.htmx and not filters.form.cleaned_data.get("led"):
        context["notes"] = [render_led(request, None)]
    return render(request, "clients/_list.html" if request.htmx and not request.htmx.boosted else "clients/list.html", context)


def _daily_page(request: FirmRequest, filters: ClientFilter, columns: Columns, sort: Sort) -> Page | None:
    """The first page of everyone or of a search; None when something else is asked."""
    shown = columns.built_in
    if shown is None or filters.asked - {"q"} or "after" in request.GET or "before" in request.GET:
        return None
    if "q" in filters.asked:
        return found_page(request.user, filters.form.cleaned_data["q"], sort=sort, columns=shown, address=request.GET)
    return everyone_page(request.user, sort=sort, columns=shown, address=request.GET)


def _chosen_filter(request: FirmRequest, filters: ClientFilter) -> dict[str, Any]:
    """The saved filter in use: its words, or why it can no longer be asked."""
    saved = filters.chosen
    if saved is None:
        return {}
    words = ""
    if not filters.refusals:
        words = describe(conditions_of(saved, catalogue=filters.catalogue), catalogue=filters.catalogue, firm=request.firm)
    return {
        "saved": saved,
        "saved_words": words,
        "refusals": filters.refusals,
        "may_change_saved": may_change(saved, by=request.user),
        "address_without": address_with(request.GET, saved=""),
    }


def _sortable(headings: list[Heading], sort: Sort, address: QueryDict) -> list[tuple[Heading, str, str]]:
    """Each heading, where a click on it leads (nowhere when the list has no such order), and its aria-sort. Amounts begin with the greatest."""
    first = {"name": Sort("name"), "aum": Sort("aum", descending=True), "client_since": Sort("client_since")}
    shown = []
    for heading in headings:
        is_current = heading.key == sort.key
        wanted = Sort(sort.key, not sort.descending) if is_current else first.get(heading.key)
        url = address_with(address, sort=str(wanted)) if wanted else ""
        shown.append((heading, url, ("descending" if sort.descending else "ascending") if is_current else ""))
    return shown


@firm_view(Permission.EXPORT_CLIENTS)
def client_export(request: FirmRequest, kind: str) -> FileResponse:
    """The filtered list, every page of it, as `csv` or `xlsx`."""
    # Written before the answer leaves: the transaction, and with it the firm, ends with the view.
    file: IO[bytes] = SpooledTemporaryFile(max_size=5_000_000)  # noqa: SIM115
    filters = asked_filters(request)
    clients, columns = filters.qs, Columns(request.GET.getlist("columns"), filters.catalogue)
    write = {"csv": export_csv, "xlsx": export_xlsx}[kind]
    write(clients, columns=columns, firm=request.firm, user=request.user, to=file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{_('clients')}-{request.local_date.isoformat()}.{kind}")


@firm_view(Permission.VIEW_CLIENTS)
@require_safe
def client_pdf(request: FirmRequest, pk: int) -> HttpResponse:
    """The client file on paper."""
    client = client_of(request, pk, counted=True)
    name = f"{slugify(client.name) or _('client')}-{request.local_date.isoformat()}.pdf"
    return HttpResponse(
        client_file(client, reader=request.user), content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _person(request: FirmRequest, pk: int) -> Person:
    people = Person.objects.filter(firm_id=request.user.firm_id, client__in=visible_to(request.user))
    return get_object_or_404(people.select_related("client__adviser"), pk=pk)


@firm_view(Permission.VIEW_CLIENTS)
def client_detail(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk, counted=True)
    people = people_of(client)
    return show_tab(
        request, client, "overview", groups=overview_of(client, people=people, firm=request.firm), people=people,
        context=(known := context_of(client)), interactions=[(each, "") for each in known.interactions],
        panels=render_panels(request, client, Place.OVERVIEW),
        statuses=[choice for choice in Status if choice != client.status],
    )  # fmt: skip


@firm_view(Permission.VIEW_CLIENTS)
def client_segment(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    return show_tab(request, client, "segment", panels=render_panels(request, client, Place.SEGMENT))


@firm_view(Permission.VIEW_CLIENTS)
def client_year(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    return show_tab(request, client, "year", panels=render_panels(request, client, Place.YEAR))


@firm_view(Permission.VIEW_CLIENTS)
def client_interactions(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    logged, place = client.interactions.select_related("by"), read_place(request.GET.get("before", ""), _read_moment)
    if place is not None:
        logged = logged.filter(Q(happened_at__lt=place[0]) | Q(happened_at=place[0], pk__lt=place[1]))
    found, older = list(logged[: RECENT + 1]), ""
    if len(found) > RECENT:
        found.pop()
        older = address_with(request.GET, before=write_place(found[-1].happened_at, found[-1].pk))
    follow_ups = client.follow_ups.select_related("assignee", "done_by").order_by(F("done_at").desc(nulls_first=True), "due_on", "pk")
    return show_tab(
        request, client, "interactions",
        interactions=with_what_they_delivered(request, found, asks=True), older=older, is_older=place is not None,
        follow_ups=follow_ups[:RECENT] if place is None else [],
    )  # fmt: skip


def _read_moment(text: str) -> datetime:
    """Raises ValueError, also where no time zone is said."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


@firm_view(Permission.VIEW_CLIENTS)
def client_people(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    return show_tab(request, client, "people", people=people_of(client))


@firm_view(Permission.VIEW_CLIENTS)
def client_history(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    return show_tab(request, client, "history", changes=history_of(client, firm=request.firm))


@firm_view(Permission.EDIT_CLIENTS)
def client_create(request: FirmRequest) -> HttpResponse:
    form = ClientForm(request.POST or None, user=request.user, catalogue=catalogue_of(request.user.firm_id))
    person_form = PersonForm(request.POST or None, prefix="person", empty_permitted=True, use_required_attribute=False)
    if request.method == "POST" and form.is_valid() and person_form.is_valid():
        person = person_form.person_fields if person_form.has_changed() else None
        try:
            client = editing.create_client(by=request.user, adviser=form.cleaned_data["adviser"], fields=form.client_fields, person=person)
        except ValidationError as error:
            add_errors(error, form, person_form)
        else:
            messages.success(request, _("The file of %(name)s is open.") % {"name": client})
            return redirect("client_detail", client.pk)
    return render(request, "clients/form.html", {"form": form, "person_form": person_form})


@firm_view(Permission.EDIT_CLIENTS)
def client_edit(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    catalogue, initial = catalogue_of(request.user.firm_id), {"version": version_of(client)}
    form = ClientForm(request.POST or None, user=request.user, catalogue=catalogue, instance=client, initial=initial)
    if request.method == "POST" and form.is_valid():
        adviser: User = form.cleaned_data["adviser"]
        kept = Client.objects.get(pk=client.pk)
        try:
            editing.update_client(client=kept, by=request.user, version=form.cleaned_data["version"], fields=form.client_fields)
            editing.change_adviser(client=kept, by=request.user, adviser=adviser) if adviser.pk != kept.adviser_id else None
        except ValidationError as error:
            add_errors(error, form)
        except editing.ChangedMeanwhile as conflict:
            form.add_error(None, worded(request, conflict))
        else:
            messages.success(request, _("The file of %(name)s is saved.") % {"name": kept})
            return redirect("client_detail", client.pk)
    return render(request, "clients/form.html", {"form": form, "client": Client.objects.get(pk=pk)})


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def client_archive(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    try:
        editing.archive_client(client=client, by=request.user)
    except editing.AlreadyArchived:
        messages.info(request, _("%(name)s was archived already.") % {"name": client})
    return redirect("client_detail", pk)


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def client_restore(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    try:
        editing.restore_client(client=client, by=request.user)
    except editing.NotArchived:
        messages.info(request, _("%(name)s was brought back already.") % {"name": client})
    else:
        messages.success(request, _("%(name)s is back in the lists.") % {"name": client})
    return redirect("client_detail", pk)


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def client_status(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    if (status := request.POST.get("status")) not in Status.values:
        raise Http404
    editing.mark_as(client=client, by=request.user, status=Status(status))
    messages.success(request, _("%(name)s: %(status)s.") % {"name": client, "status": Status(status).label})
    return redirect("client_detail", pk)


@firm_view(Permission.EDIT_CLIENTS)
def person_create(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = editing.add_person(client=client, by=request.user, fields=form.person_fields)
        except ValidationError as error:
            add_errors(error, form)
        else:
            messages.success(request, _("%(name)s is added.") % {"name": person})
            return redirect("client_people", pk)
    return render(request, "clients/person_form.html", {"form": form, "client": client})


@firm_view(Permission.EDIT_CLIENTS)
def person_edit(request: FirmRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    form = PersonForm(request.POST or None, instance=person, initial={"version": version_of(person)})
    if request.method == "POST" and form.is_valid():
        kept = Person.objects.select_related("client").get(pk=pk)
        try:
            editing.update_person(person=kept, by=request.user, version=form.cleaned_data["version"], fields=form.person_fields)
        except ValidationError as error:
            add_errors(error, form)
        except editing.ChangedMeanwhile as conflict:
            form.add_error(None, worded(request, conflict))
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": kept})
            return redirect("client_people", kept.client_id)
    return render(request, "clients/person_form.html", {"form": form, "client": person.client, "person": person})


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def person_primary(request: FirmRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    editing.make_primary(person=person, by=request.user)
    messages.success(request, _("%(name)s is the primary contact.") % {"name": person})
    return redirect("client_people", person.client_id)


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def person_remove(request: FirmRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    try:
        editing.remove_person(person=person, by=request.user)
    except editing.PrimaryContact:
        messages.error(request, _("%(name)s is the primary contact: choose another one first.") % {"name": person})
    else:
        messages.success(request, _("%(name)s is removed.") % {"name": person})
    return redirect("client_people", person.client_id)


@firm_view(Permission.VIEW_CLIENTS)
def search(request: FirmRequest) -> HttpResponse:
    """Clients, people and pages: under the search box while typing, or a page of its own."""
    text = request.GET.get("q", "").strip()
    context = {"q": text, "found": find(user=request.user, text=text, limit=SUGGESTIONS), "pages": pages_named(request.user, text) if text else []}
    return render(request, "clients/_search.html" if request.htmx else "clients/search.html", context)
