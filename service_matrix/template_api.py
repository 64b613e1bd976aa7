"""The firm's own channels, and strategy templates, for programs."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import exceptions, mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Channel
from firms.api import FirmViewSet, VisibleField
from firms.models import User
from firms.permissions import Permission
from segmentation.models import Segment
from service_matrix.channels import BUILT_IN_ROLES, ChannelDraft, channels_of, save_channel
from service_matrix.editing import CellGone
from service_matrix.models import ChannelRole, FirmChannel, MatrixVersion, StrategyTemplate
from service_matrix.queries import drafts_of, segments_of, versions_of
from service_matrix.serializers import MatrixVersionSerializer, RevisionField, TermsSerializer
from service_matrix.strategy_templates import InvalidTemplate, apply_template, delete_template, save_template, template_terms, templates_of
from service_matrix.version_api import CHANGED
from service_matrix.versions import DraftChanged


class FirmChannelSerializer(serializers.ModelSerializer[FirmChannel]):
    counts_as = serializers.ChoiceField(choices=Channel.choices, help_text="What it is planned, logged and counted as.")
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ChannelRole.choices), required=False, help_text="What it is used for.")
    is_active = serializers.BooleanField(required=False, help_text="False: archived. What is planned already keeps it.")

    class Meta:
        model = FirmChannel
        fields = ("id", "name_en", "name_fr", "counts_as", "roles", "is_active")

    def validate_roles(self, roles: list[str]) -> list[str]:
        return list(dict.fromkeys(roles))


class BuiltInChannelSerializer(serializers.Serializer[object]):
    channel = serializers.ChoiceField(choices=Channel.choices)
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ChannelRole.choices))


class FirmChannelViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Channels of the firm's own, beside the built-in ones. They are never deleted: what was promised by them stays readable."""

    model = FirmChannel
    serializer_class = FirmChannelSerializer
    filterset_fields = ("is_active", "counts_as")
    permissions = {
        **dict.fromkeys(("list", "retrieve", "built_in"), Permission.VIEW_MATRIX),
        **dict.fromkeys(("create", "partial_update"), Permission.EDIT_MATRIX),
    }

    def visible(self, person: User) -> QuerySet[FirmChannel]:
        return channels_of(person)

    def create(self, request: Request) -> Response:
        """Add a channel."""
        draft = ChannelDraft(**{"roles": [], **self.checked(request)})
        return self.answer(save_channel(channel=None, draft=draft, by=self.person), created=True)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename a channel, say what it is for, archive it or bring it back. What is planned already keeps what it counted as."""
        channel = self.get_object()
        kept = {name: getattr(channel, name) for name in ChannelDraft.__dataclass_fields__}
        draft = ChannelDraft(**kept | self.checked(request, instance=channel))
        return self.answer(save_channel(channel=channel, draft=draft, by=self.person))

    @extend_schema(responses=BuiltInChannelSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="built-in", pagination_class=None, filter_backends=[])
    def built_in(self, request: Request) -> Response:
        """The channels that every firm has, and what each is for."""
        rows = [{"channel": channel.value, "name": str(channel.label), "roles": roles} for channel, roles in BUILT_IN_ROLES.items()]
        return Response(BuiltInChannelSerializer(rows, many=True).data)


class KeptStrategySerializer(serializers.Serializer[object]):
    """The segment's line of the strategy table, as far as it was filled in."""

    revenue_from = serializers.DecimalField(max_digits=12, decimal_places=2, required=False, help_text="Yearly revenue expected of one client.")
    revenue_to = serializers.DecimalField(max_digits=12, decimal_places=2, required=False)
    activities_en = serializers.CharField(required=False)
    activities_fr = serializers.CharField(required=False)
    technology_en = serializers.CharField(required=False)
    technology_fr = serializers.CharField(required=False)


class StrategyTemplateSerializer(serializers.ModelSerializer[StrategyTemplate]):
    by_name = serializers.CharField(source="by.name")
    strategy = KeptStrategySerializer()

    class Meta:
        model = StrategyTemplate
        fields: tuple[str, ...] = ("id", "name", "description", "origin", "strategy", "by", "by_name", "created_at")


class KeptPromiseSerializer(TermsSerializer):
    touchpoint_type = serializers.IntegerField()


class FullTemplateSerializer(StrategyTemplateSerializer):
    promises = serializers.SerializerMethodField(
        help_text="What it would promise a segment, without types of the firm that are gone or out of use since."
    )

    class Meta(StrategyTemplateSerializer.Meta):
        fields = (*StrategyTemplateSerializer.Meta.fields, "promises")

    @extend_schema_field(KeptPromiseSerializer(many=True))
    def get_promises(self, template: StrategyTemplate) -> Any:
        rows = [{"touchpoint_type": kind, **vars(terms)} for kind, terms in sorted(template_terms(template).items())]
        return KeptPromiseSerializer(rows, many=True).data


class _OfVersionSerializer(serializers.Serializer[object]):
    """A segment of the scheme that a version is of."""

    segment = VisibleField(model=Segment, visible=segments_of)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["segment"].scheme_id != attrs["version"].scheme_id:
            raise serializers.ValidationError({"segment": _("This segment is not of the version’s scheme.")})
        return attrs


class NewTemplateSerializer(_OfVersionSerializer):
    version = VisibleField(model=MatrixVersion, visible=versions_of, help_text="Whose promises are kept: the draft, or the published version.")
    name = serializers.CharField(max_length=80)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class ApplyTemplateSerializer(_OfVersionSerializer):
    version = VisibleField(model=MatrixVersion, visible=drafts_of, help_text="The number of a draft.")
    revision = RevisionField()
    with_strategy = serializers.BooleanField(
        required=False, default=False, help_text="Its line of the strategy table too: it changes at once, and undo does not bring it back."
    )


class StrategyTemplateViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """What a segment was promised, kept under a name, to be put onto a segment of any draft: of the same scheme, another, or a later version."""

    model = StrategyTemplate
    serializer_class = StrategyTemplateSerializer
    permissions = {
        **dict.fromkeys(("list", "retrieve"), Permission.VIEW_MATRIX),
        **dict.fromkeys(("create", "destroy", "apply"), Permission.EDIT_MATRIX),
    }
    # Its segment left the scheme after the request was read.
    refusals = {DraftChanged: CHANGED, CellGone: CHANGED}

    def visible(self, person: User) -> QuerySet[StrategyTemplate]:
        return templates_of(person)

    def get_serializer_class(self) -> Any:
        return self.serializer_class if self.action == "list" else FullTemplateSerializer

    @extend_schema(request=NewTemplateSerializer, responses={201: FullTemplateSerializer})
    def create(self, request: Request) -> Response:
        """Keep what a version promises a segment, and the segment's line of the strategy table, under a name."""
        asked = NewTemplateSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        try:
            template = save_template(by=self.person, **asked.validated_data)
        except InvalidTemplate as refusal:
            raise exceptions.ValidationError(refusal.errors) from None
        return self.answer(template, created=True)

    @extend_schema(request=ApplyTemplateSerializer, responses=MatrixVersionSerializer)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Promise a segment of a draft what the template says and nothing else. Answers the draft with its new revision; it is one edit of the
        draft, which can be undone; the strategy table is not part of it.
        """
        template, asked = self.get_object(), ApplyTemplateSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        apply_template(template=template, by=self.person, **asked.validated_data)
        return Response(MatrixVersionSerializer(versions_of(self.person).get(pk=asked.validated_data["version"].pk)).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a template. What it was applied to stays."""
        delete_template(template=self.get_object(), by=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)
