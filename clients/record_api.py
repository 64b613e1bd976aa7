"""Referrals, life events, dated amounts and the firm's own attributes, for programs."""

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response

from clients import amounts, life_events, referrals
from clients.api import CHANGED, NOT_YOURS
from clients.models import Amount, AmountKind, AttributeDefinition, LifeEvent, Referral
from clients.queries import NotInYourBook, visible_to
from clients.serializers import AmountSerializer, AttributeSerializer, LifeEventSerializer, ReferralSerializer
from firms.api import VERSION_READ, FirmViewSet, NumberOfRow
from firms.models import User
from firms.permissions import Permission
from firms.row_versions import RowChanged, RowVersion


class ReferralFilter(django_filters.FilterSet):
    client = NumberOfRow(field_name="client_id")
    since = django_filters.DateFilter(field_name="made_on", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="made_on", lookup_expr="lt")

    class Meta:
        model = Referral
        fields: tuple[str, ...] = ()


class ReferralViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Whom clients introduced, and what came of it."""

    model = Referral
    serializer_class = ReferralSerializer
    filterset_class = ReferralFilter
    permissions = {
        "list": Permission.VIEW_CLIENTS,
        "retrieve": Permission.VIEW_CLIENTS,
        "create": Permission.EDIT_CLIENTS,
        "partial_update": Permission.EDIT_CLIENTS,
        "destroy": Permission.EDIT_CLIENTS,
    }
    refusals = {NotInYourBook: NOT_YOURS, RowChanged: (status.HTTP_409_CONFLICT, None)}

    def visible(self, person: User) -> QuerySet[Referral]:
        found = Referral.objects.filter(firm_id=person.firm_id, client__in=visible_to(person))
        return found.select_related("client", "referred").annotate(version=RowVersion())

    def create(self, request: Request) -> Response:
        """Note that a client introduced someone."""
        values = self.checked(request)
        values.pop("version", None)
        referral = referrals.record_referral(client=values.pop("client"), by=self.person, draft=referrals.ReferralDraft(**values))
        return Response(self.get_serializer(self.one(referral.pk)).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Say what came of a referral. With `version`, only if it still is the one you read. It stays its client's: `client` is ignored."""
        referral = self.get_object()
        values = {"version": referral.version, **self.checked(request, instance=referral)}
        values.pop("client", None)
        version = values.pop("version")
        kept = {name: getattr(referral, name) for name in referrals.ReferralDraft.__dataclass_fields__}
        referrals.change_referral(referral=referral, by=self.person, version=version, draft=referrals.ReferralDraft(**kept | values))
        return Response(self.get_serializer(self.one(referral.pk)).data)

    @extend_schema(parameters=[VERSION_READ])
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a referral back."""
        referral = self.get_object()
        referrals.remove_referral(referral=referral, by=self.person, version=self.version_read(referral))
        return Response(status=status.HTTP_204_NO_CONTENT)


class LifeEventFilter(django_filters.FilterSet):
    client = NumberOfRow(field_name="client_id")
    kind = django_filters.ChoiceFilter(choices=LifeEvent.Kind.choices)
    since = django_filters.DateFilter(field_name="on", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="on", lookup_expr="lt")

    class Meta:
        model = LifeEvent
        fields: tuple[str, ...] = ()


class LifeEventViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """What happens in clients' lives, day by day. What the firm promised so many days after a life event is planned from it."""

    model = LifeEvent
    serializer_class = LifeEventSerializer
    filterset_class = LifeEventFilter
    permissions = {
        "list": Permission.VIEW_CLIENTS,
        "retrieve": Permission.VIEW_CLIENTS,
        "create": Permission.EDIT_CLIENTS,
        "partial_update": Permission.EDIT_CLIENTS,
        "destroy": Permission.EDIT_CLIENTS,
    }
    refusals = {NotInYourBook: NOT_YOURS, life_events.LifeEventRefused: CHANGED}

    def visible(self, person: User) -> QuerySet[LifeEvent]:
        events = LifeEvent.objects.filter(firm_id=person.firm_id, client__in=visible_to(person))
        return events.select_related("client").annotate(version=RowVersion())

    def create(self, request: Request) -> Response:
        """Note a life event."""
        values = self.checked(request)
        values.pop("version", None)
        event = life_events.add_life_event(client=values.pop("client"), by=self.person, draft=life_events.LifeEventDraft(**values))
        return self.answer(event, created=True)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Correct a life event. With `version`, only if it still is the one you read. It stays its client's: `client` is ignored."""
        event = self.get_object()
        values = {"version": event.version, "on": event.on, "kind": event.kind, "words": event.words, **self.checked(request, instance=event)}
        values.pop("client", None)
        version = values.pop("version")
        return self.answer(life_events.change_life_event(event=event, by=self.person, version=version, draft=life_events.LifeEventDraft(**values)))

    @extend_schema(parameters=[VERSION_READ])
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a life event back."""
        event = self.get_object()
        life_events.remove_life_event(event=event, by=self.person, version=self.version_read(event))
        return Response(status=status.HTTP_204_NO_CONTENT)


class AmountFilter(django_filters.FilterSet):
    client = NumberOfRow(field_name="client_id")
    kind = django_filters.ChoiceFilter(choices=AmountKind.choices)
    since = django_filters.DateFilter(field_name="ends_on", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="ends_on", lookup_expr="lt")

    class Meta:
        model = Amount
        fields: tuple[str, ...] = ()


class AmountViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Money of clients, dated: assets on a day, revenue, cost and net inflow over up to a year. The clients' figures follow."""

    model = Amount
    serializer_class = AmountSerializer
    filterset_class = AmountFilter
    permissions = {
        "list": Permission.VIEW_CLIENTS,
        "retrieve": Permission.VIEW_CLIENTS,
        "create": Permission.EDIT_CLIENTS,
        "partial_update": Permission.EDIT_CLIENTS,
        "destroy": Permission.EDIT_CLIENTS,
    }
    refusals = {NotInYourBook: NOT_YOURS, RowChanged: (status.HTTP_409_CONFLICT, None)}

    def visible(self, person: User) -> QuerySet[Amount]:
        found = Amount.objects.filter(firm_id=person.firm_id, client__in=visible_to(person))
        return found.select_related("client").annotate(version=RowVersion())

    def create(self, request: Request) -> Response:
        """Record an amount."""
        values = self.checked(request)
        values.pop("version", None)
        client = values.pop("client")
        amount = amounts.record_amount(client=client, by=self.person, draft=amounts.AmountDraft(**values), source=Amount.Source.API)
        return Response(self.get_serializer(self.one(amount.pk)).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Correct an amount. With `version`, only if it still is the one you read. It stays its client's: `client` is ignored."""
        amount = self.get_object()
        values = {"version": amount.version, **self.checked(request, instance=amount)}
        values.pop("client", None)
        version = values.pop("version")
        kept = {name: getattr(amount, name) for name in amounts.AmountDraft.__dataclass_fields__}
        amounts.change_amount(amount=amount, by=self.person, version=version, draft=amounts.AmountDraft(**kept | values))
        return Response(self.get_serializer(self.one(amount.pk)).data)

    @extend_schema(parameters=[VERSION_READ])
    def destroy(self, request: Request, pk: str) -> Response:
        """Take an amount back."""
        amount = self.get_object()
        amounts.remove_amount(amount=amount, by=self.person, version=self.version_read(amount))
        return Response(status=status.HTTP_204_NO_CONTENT)


class AttributeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """The attributes that the firm defined, whose values are in `own` of each client; `products` once the firm edited its list."""

    model = AttributeDefinition
    serializer_class = AttributeSerializer
    permissions = {"list": Permission.VIEW_CLIENTS, "retrieve": Permission.VIEW_CLIENTS}

    def visible(self, person: User) -> QuerySet[AttributeDefinition]:
        return AttributeDefinition.objects.filter(firm_id=person.firm_id)
