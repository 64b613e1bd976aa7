"""What each client is promised and why, for programs."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Channel, Client
from clients.queries import visible_to
from firms.api import FirmViewSet, NumberOfRow, VisibleField
from firms.calendar import local_time
from firms.models import User
from firms.permissions import Permission
from segmentation.models import Initiative
from service_matrix.channels import channels_of
from service_matrix.client_promises import resolve_client
from service_matrix.entitlements import read_clients
from service_matrix.exceptions import ExceptionDraft, InvalidException, NoException, NotServed, end_exception, make_exception, visible_exceptions
from service_matrix.models import FirmChannel, MatrixVersion, Performer, ProfileRule, PromiseException, TouchpointType
from service_matrix.queries import touchpoint_types_of
from service_matrix.serializers import TermsSerializer


class EntitledSerializer(TermsSerializer):
    """A promise as it holds for one client."""

    touchpoint_type = serializers.IntegerField(source="touchpoint_type_id")
    initiative = serializers.ChoiceField(choices=Initiative.choices, allow_blank=True, help_text="Who takes the first step; empty: nobody said.")
    profile = serializers.IntegerField(source="profile_id", help_text="The profile that changes promises of this segment; 0: none does.")
    exception = serializers.IntegerField(source="exception_id", allow_null=True)


class ClientPromisesSerializer(serializers.Serializer[object]):
    client = serializers.IntegerField()
    client_name = serializers.CharField()
    promises = EntitledSerializer(many=True)


class ResolvedStepSerializer(serializers.Serializer[object]):
    source = serializers.ChoiceField(choices=["segment", "profile", "exception"])  # type: ignore[assignment]
    words = serializers.ListField(child=serializers.CharField(), help_text="What it says, or changes.")
    why = serializers.ListField(child=serializers.CharField(), help_text="The rules that apply, or the reason given.")


class ResolvedSerializer(serializers.Serializer[object]):
    touchpoint_type = serializers.IntegerField(source="touchpoint_type.pk")
    touchpoint_type_name = serializers.CharField(source="touchpoint_type.name")
    source = serializers.ChoiceField(choices=["segment", "profile", "exception"], help_text="What decided last.")  # type: ignore[assignment]
    steps = ResolvedStepSerializer(many=True)
    is_promised = serializers.SerializerMethodField(help_text="False: an exception promises nothing of it.")
    exception = serializers.IntegerField(source="exception.pk", allow_null=True, default=None)

    def get_is_promised(self, promise: Any) -> bool:
        return promise.effective is not None


class ExplainedPromisesSerializer(serializers.Serializer[object]):
    version = serializers.IntegerField(source="version.pk")
    segment = serializers.IntegerField(source="segment.pk")
    segment_name = serializers.CharField(source="segment.name")
    profile = serializers.IntegerField(source="profile.pk", allow_null=True, default=None)
    profile_name = serializers.CharField(source="profile.name", allow_null=True, default=None)
    promises = ResolvedSerializer(many=True)


class ClientPromisesViewSet(FirmViewSet):
    """What clients are promised under the published matrix: their segment's promises, as their profile and their exceptions change them."""

    model = Client
    serializer_class = ClientPromisesSerializer
    permissions = {"list": Permission.VIEW_MATRIX, "retrieve": Permission.VIEW_MATRIX}

    def visible(self, person: User) -> QuerySet[Client]:
        return visible_to(person)

    @extend_schema(responses=ClientPromisesSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Effective terms, client by client; none for who is in no segment of the service scheme."""
        clients = self.paginate_queryset(self.get_queryset())
        published = MatrixVersion.objects.filter(firm_id=self.person.firm_id, scheme__is_service=True, status=MatrixVersion.Status.PUBLISHED).first()
        today = local_time(self.person.firm).date()
        found = read_clients(published, [client.pk for client in clients], on=today) if published is not None and clients else {}
        rows = [{"client": client.pk, "client_name": client.name, "promises": found.get(client.pk, [])} for client in clients or ()]
        return self.get_paginated_response(ClientPromisesSerializer(rows, many=True).data)

    @extend_schema(responses=ExplainedPromisesSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Each promise of one client, what made it what it is, and why, in words."""
        resolved = resolve_client(self.get_object(), on=local_time(self.person.firm).date())
        if resolved is None:
            raise exceptions.NotFound
        return Response(ExplainedPromisesSerializer(resolved).data)


class PromiseExceptionSerializer(serializers.ModelSerializer[PromiseException]):
    client = VisibleField(model=Client, visible=visible_to)
    touchpoint_type = VisibleField(model=TouchpointType, visible=touchpoint_types_of)
    own_channel = VisibleField(model=FirmChannel, visible=channels_of, required=False, allow_null=True, default=None)
    is_nothing = serializers.BooleanField(required=False, default=False, help_text="Promise nothing of this type at all.")
    times = serializers.IntegerField(required=False, allow_null=True, default=None)
    channel = serializers.ChoiceField(choices=Channel.choices, required=False, allow_blank=True, default="")
    performer = serializers.ChoiceField(choices=Performer.choices, required=False, allow_blank=True, default="")
    minutes = serializers.IntegerField(required=False, allow_null=True, default=None)

    class Meta:
        model = PromiseException
        fields = (
            *("id", "client", "touchpoint_type", "is_nothing", "times", "channel", "own_channel", "performer", "minutes", "reason"),
            *("starts_on", "ends_on", "expires_on", "by", "ended_by", "created_at"),
        )
        read_only_fields = ("starts_on", "ends_on", "by", "ended_by", "created_at")
        # The period is the domain's to check.
        validators: list[object] = []


class PromiseExceptionFilter(django_filters.FilterSet):
    client = NumberOfRow(field_name="client_id")
    touchpoint_type = NumberOfRow(field_name="touchpoint_type_id")
    ends_before = django_filters.DateFilter(field_name="ends_on", lookup_expr="lt")

    class Meta:
        model = PromiseException
        fields: tuple[str, ...] = ()


class PromiseExceptionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Promises to one client that differ, with reason and end. These rows are their own history."""

    model = PromiseException
    serializer_class = PromiseExceptionSerializer
    filterset_class = PromiseExceptionFilter
    permissions = {
        "list": Permission.VIEW_MATRIX,
        "retrieve": Permission.VIEW_MATRIX,
        "create": Permission.OVERRIDE_SEGMENT,
        "end": Permission.OVERRIDE_SEGMENT,
    }
    refusals = {NotServed: (status.HTTP_409_CONFLICT, None), NoException: (status.HTTP_409_CONFLICT, None)}

    def visible(self, person: User) -> QuerySet[PromiseException]:
        return visible_exceptions(person)

    def create(self, request: Request) -> Response:
        """Promise a client something else from today on; an exception of the same that is in force ends."""
        values = self.checked(request)
        client, touchpoint_type, own = values.pop("client"), values.pop("touchpoint_type"), values.pop("own_channel")
        draft = ExceptionDraft(**values, own_channel_id=own.pk if own is not None else None)
        try:
            made = make_exception(client=client, touchpoint_type=touchpoint_type, draft=draft, by=self.person)
        except InvalidException as refusal:
            raise exceptions.ValidationError(refusal.errors) from None
        return self.answer(made, created=True)

    @extend_schema(request=None, responses=PromiseExceptionSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """End an exception today."""
        exception = self.get_object()
        end_exception(exception=exception, by=self.person)
        return self.answer(exception)


class ProfileRuleSerializer(serializers.ModelSerializer[ProfileRule]):
    note = serializers.CharField(source="why", read_only=True, help_text="Why: as written, or that the appetites asked for it.")

    class Meta:
        model = ProfileRule
        fields = (
            *("id", "version", "profile", "touchpoint_type", "of_channel", "channel", "own_channel", "initiative", "spacing", "times_change", "note"),
        )


class ProfileRuleFilter(django_filters.FilterSet):
    version = NumberOfRow(field_name="version_id")
    profile = NumberOfRow(field_name="profile_id")

    class Meta:
        model = ProfileRule
        fields: tuple[str, ...] = ()


class ProfileRuleViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """What relational profiles change of promises, in each version of the matrix."""

    model = ProfileRule
    serializer_class = ProfileRuleSerializer
    filterset_class = ProfileRuleFilter
    permissions = {"list": Permission.VIEW_MATRIX, "retrieve": Permission.VIEW_MATRIX}

    def visible(self, person: User) -> QuerySet[ProfileRule]:
        return ProfileRule.objects.filter(firm_id=person.firm_id)
