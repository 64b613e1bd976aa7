"""Clients, the people in them and what happened with them, for programs."""

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients import editing, saved_filters
from clients.attributes import catalogue_of
from clients.conditions import ConditionsRefused
from clients.interactions import InteractionDraft, log_interaction
from clients.models import Amount, Channel, Client, Interaction, Kind, Person, SavedFilter, Status
from clients.queries import NotInYourBook, saved_filters_of, visible_to
from clients.searching import matching
from clients.serializers import ClientSerializer, InteractionSerializer, PersonSerializer, SavedFilterSerializer
from firms.api import FirmViewSet, Moment, NumberOfRow
from firms.models import User
from firms.permissions import Permission
from firms.row_versions import RowVersion

CHANGED = (status.HTTP_409_CONFLICT, _("Someone else saved this meanwhile. Read it again before changing it."))
NOT_YOURS = (status.HTTP_403_FORBIDDEN, _("This is outside the books you work in."))


class ClientFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Beginnings of words of names, references, e-mails, places, telephone numbers.")
    status = django_filters.ChoiceFilter(choices=Status.choices)
    kind = django_filters.ChoiceFilter(choices=Kind.choices)
    adviser = NumberOfRow(field_name="adviser_id", label="The number of the lead adviser.")
    aum_from = django_filters.NumberFilter(field_name="aum", lookup_expr="gte")
    aum_to = django_filters.NumberFilter(field_name="aum", lookup_expr="lte")
    updated_since = Moment(field_name="updated_at", lookup_expr="gte")
    saved = NumberOfRow(method="meeting", label="The number of a saved filter: those that meet its conditions today.")
    archived = django_filters.BooleanFilter(method="only_archived", label="true: those archived; otherwise those that are not.")

    class Meta:
        model = Client
        fields: tuple[str, ...] = ()

    def search(self, clients: QuerySet[Client], _name: str, text: str) -> QuerySet[Client]:
        return matching(clients, text, by=self.request.user)

    def meeting(self, clients: QuerySet[Client], _name: str, number: int) -> QuerySet[Client]:
        saved = get_object_or_404(saved_filters_of(self.request.user), pk=number)
        try:
            return saved_filters.clients_meeting(saved, among=clients, catalogue=catalogue_of(self.request.user.firm_id), on=timezone.localdate())
        except ConditionsRefused as refusal:
            raise exceptions.ValidationError({"saved": [message for _at, message in refusal.problems]}) from None

    def only_archived(self, clients: QuerySet[Client], _name: str, archived: bool) -> QuerySet[Client]:
        return clients.exclude(archived_at=None) if archived else clients

    def filter_queryset(self, queryset: QuerySet[Client]) -> QuerySet[Client]:
        shown = queryset if self.form.cleaned_data.get("archived") else queryset.filter(archived_at=None)
        for name, value in self.form.cleaned_data.items():
            shown = self.filters[name].filter(shown, value)
        return shown


class ClientViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Clients of the books you may see."""

    model = Client
    serializer_class = ClientSerializer
    filterset_class = ClientFilter
    permissions = {
        "list": Permission.VIEW_CLIENTS,
        "retrieve": Permission.VIEW_CLIENTS,
        "create": Permission.EDIT_CLIENTS,
        "partial_update": Permission.EDIT_CLIENTS,
        "archive": Permission.EDIT_CLIENTS,
        "restore": Permission.EDIT_CLIENTS,
    }
    refusals = {
        editing.ChangedMeanwhile: CHANGED,
        NotInYourBook: NOT_YOURS,
        editing.NotAnAdviser: (status.HTTP_409_CONFLICT, _("Clients are led by active advisers and administrators only.")),
        editing.AlreadyArchived: (status.HTTP_409_CONFLICT, _("This client is archived already.")),
        editing.NotArchived: (status.HTTP_409_CONFLICT, _("This client is not archived.")),
    }

    def visible(self, person: User) -> QuerySet[Client]:
        return visible_to(person).select_related("adviser").annotate(version=RowVersion())

    def create(self, request: Request) -> Response:
        """Open a client's file in an adviser's book."""
        values = self.checked(request)
        values.pop("version", None)
        adviser, person = values.pop("adviser"), values.pop("person", None)
        client = editing.create_client(by=self.person, adviser=adviser, person=person, fields=values, told_by=Amount.Source.API)
        return self.answer(client, created=True)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a client. With `version`, only if it still is the one you read. Another `adviser` moves the client to that book."""
        client = self.get_object()
        read = client.version
        values = self.checked(request, instance=client)
        values.pop("person", None)
        version, adviser = values.pop("version", read), values.pop("adviser", None)
        if values or version != read:
            editing.update_client(client=client, by=self.person, version=version, fields=values, told_by=Amount.Source.API)
        if adviser is not None:
            editing.change_adviser(client=client, by=self.person, adviser=adviser)
        return self.answer(client)

    @extend_schema(request=None, responses=ClientSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: str) -> Response:
        """Take a client out of lists, search and planning; the file stays."""
        client = self.get_object()
        editing.archive_client(client=client, by=self.person)
        return self.answer(client)

    @extend_schema(request=None, responses=ClientSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Bring an archived client back."""
        client = self.get_object()
        editing.restore_client(client=client, by=self.person)
        return self.answer(client)


class PersonFilter(django_filters.FilterSet):
    client = NumberOfRow(field_name="client_id")
    email = django_filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = Person
        fields: tuple[str, ...] = ()


class PersonViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """The people in clients: exactly one of them is the primary contact."""

    model = Person
    serializer_class = PersonSerializer
    filterset_class = PersonFilter
    permissions = {
        "list": Permission.VIEW_CLIENTS,
        "retrieve": Permission.VIEW_CLIENTS,
        "create": Permission.EDIT_CLIENTS,
        "partial_update": Permission.EDIT_CLIENTS,
        "destroy": Permission.EDIT_CLIENTS,
        "make_primary": Permission.EDIT_CLIENTS,
    }
    refusals = {
        editing.ChangedMeanwhile: CHANGED,
        NotInYourBook: NOT_YOURS,
        editing.PrimaryContact: (status.HTTP_409_CONFLICT, _("Choose another primary contact first.")),
    }

    def visible(self, person: User) -> QuerySet[Person]:
        people = Person.objects.filter(firm_id=person.firm_id, client__in=visible_to(person))
        return people.select_related("client").annotate(version=RowVersion())

    def create(self, request: Request) -> Response:
        """Add someone to a client; the first one is the primary contact."""
        values = self.checked(request)
        values.pop("version", None)
        person = editing.add_person(client=values.pop("client"), by=self.person, fields=values)
        return self.answer(person, created=True)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change someone. With `version`, only if it still is the one you read. Nobody moves to another client: `client` is ignored."""
        person = self.get_object()
        read = person.version
        values = self.checked(request, instance=person)
        values.pop("client", None)
        version = values.pop("version", read)
        if values or version != read:
            editing.update_person(person=person, by=self.person, version=version, fields=values)
        return self.answer(person)

    def destroy(self, request: Request, pk: str) -> Response:
        """Take someone out of a client."""
        editing.remove_person(person=self.get_object(), by=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=PersonSerializer)
    @action(detail=True, methods=["post"], url_path="make-primary")
    def make_primary(self, request: Request, pk: str) -> Response:
        """Make this person the client's primary contact."""
        person = self.get_object()
        editing.make_primary(person=person, by=self.person)
        return self.answer(person)


class InteractionFilter(django_filters.FilterSet):
    client = NumberOfRow(field_name="client_id")
    channel = django_filters.ChoiceFilter(choices=Channel.choices)
    by = NumberOfRow(field_name="by_id", label="The number of the person who logged it.")
    since = Moment(field_name="happened_at", lookup_expr="gte")
    until = Moment(field_name="happened_at", lookup_expr="lt")

    class Meta:
        model = Interaction
        fields: tuple[str, ...] = ()


class InteractionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """What happened with clients: meetings, calls, e-mails."""

    model = Interaction
    serializer_class = InteractionSerializer
    filterset_class = InteractionFilter
    permissions = {"list": Permission.VIEW_CLIENTS, "retrieve": Permission.VIEW_CLIENTS, "create": Permission.EDIT_CLIENTS}

    def visible(self, person: User) -> QuerySet[Interaction]:
        return Interaction.objects.filter(firm_id=person.firm_id, client__in=visible_to(person)).select_related("by")

    def create(self, request: Request) -> Response:
        """Log an interaction in your name."""
        values = self.checked(request)
        interaction = log_interaction(client=values.pop("client"), by=self.person, draft=InteractionDraft(**values))
        return self.answer(interaction, created=True)


class SavedFilterViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Your saved filters and those shared with the firm. `GET /clients/?saved=3` lists the clients who meet one."""

    model = SavedFilter
    serializer_class = SavedFilterSerializer
    permissions = {
        "list": Permission.VIEW_CLIENTS,
        "retrieve": Permission.VIEW_CLIENTS,
        "create": Permission.VIEW_CLIENTS,
        "partial_update": Permission.VIEW_CLIENTS,
        "destroy": Permission.VIEW_CLIENTS,
    }
    refusals = {
        saved_filters.FilterChangedMeanwhile: CHANGED,
        saved_filters.NotYourFilter: (status.HTTP_403_FORBIDDEN, _("A filter is changed by its owner, a shared one by administrators too.")),
    }

    def visible(self, person: User) -> QuerySet[SavedFilter]:
        return saved_filters_of(person)

    def create(self, request: Request) -> Response:
        """Keep conditions under a name, as yours."""
        values = self.checked(request)
        values.pop("version", None)
        saved = saved_filters.save_filter(by=self.person, **values)
        return self.answer(saved, created=True)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a filter. With `version`, only if it still is the one you read."""
        saved = self.get_object()
        values = self.checked(request, instance=saved)
        kept = {"name": saved.name, "is_shared": saved.is_shared, "version": saved.version}
        saved_filters.change_filter(saved=saved, by=self.person, **kept | values)
        return self.answer(saved)

    def destroy(self, request: Request, pk: str) -> Response:
        """Forget a filter; clients are not touched."""
        saved_filters.delete_filter(saved=self.get_object(), by=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)
