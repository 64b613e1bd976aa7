"""The shape of touchpoint types, matrix versions and promises in the API."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clients.models import Channel
from firms.api import VisibleField
from segmentation.models import Segment
from service_matrix.anchors import Anchor, Event, Unit
from service_matrix.channels import channels_of
from service_matrix.models import FirmChannel, MatrixVersion, Performer, Promise, TouchpointType
from service_matrix.queries import drafts_of, segments_of, touchpoint_types_of

LARGEST_REVISION = 2**31 - 1


class RevisionField(serializers.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_REVISION, help_text="The draft's revision as you read it.", **options)


def read_revision(query: Mapping[str, str]) -> int:
    """Of a draft that is to be deleted from: what has no body says it in the address."""
    text = query.get("revision", "")
    if not text.isdecimal() or len(text) > len(str(LARGEST_REVISION)) or int(text) > LARGEST_REVISION:
        raise serializers.ValidationError({"revision": [_("Say the revision of the draft as you read it.")]})
    return int(text)


class StepSerializer(serializers.Serializer[object]):
    en = serializers.CharField()
    fr = serializers.CharField()
    performer = serializers.ChoiceField(choices=Performer.choices)


class AgendaPointSerializer(serializers.Serializer[object]):
    en = serializers.CharField()
    fr = serializers.CharField()


class TouchpointTypeSerializer(serializers.ModelSerializer[TouchpointType]):
    steps = StepSerializer(many=True)
    agenda = AgendaPointSerializer(many=True)

    class Meta:
        model = TouchpointType
        fields = (
            "id",
            "key",
            "name_en",
            "name_fr",
            "channel",
            "performer",
            "minutes",
            "direct_cost",
            "steps",
            "agenda",
            "subject_en",
            "subject_fr",
            "message_en",
            "message_fr",
            "is_delegable",
            "is_active",
        )


class MatrixVersionSerializer(serializers.ModelSerializer[MatrixVersion]):
    class Meta:
        model = MatrixVersion
        fields = ("id", "scheme", "number", "status", "revision", "reactive_minutes", "effective_on", "published_at", "published_by", "created_at")


class TermsSerializer(serializers.Serializer[object]):
    """What is promised of one touchpoint type, read only."""

    times = serializers.IntegerField()
    times_at_most = serializers.IntegerField(allow_null=True)
    every = serializers.IntegerField(allow_null=True)
    every_unit = serializers.ChoiceField(choices=Unit.choices, allow_blank=True)
    channel = serializers.ChoiceField(choices=Channel.choices)
    own_channel = serializers.IntegerField(source="own_channel_id", allow_null=True)
    performer = serializers.ChoiceField(choices=Performer.choices)
    minutes = serializers.IntegerField()
    direct_cost = serializers.DecimalField(max_digits=8, decimal_places=2)
    window_days = serializers.IntegerField()
    lead_days = serializers.IntegerField()
    anchor = serializers.ChoiceField(choices=Anchor.choices)
    anchor_month = serializers.IntegerField(allow_null=True)
    anchor_day = serializers.IntegerField(allow_null=True)
    anchor_event = serializers.ChoiceField(choices=Event.choices, allow_blank=True)
    anchor_days = serializers.IntegerField(allow_null=True)


class PromiseSerializer(serializers.ModelSerializer[Promise]):
    version = VisibleField(model=MatrixVersion, visible=drafts_of, help_text="The number of a draft.")
    segment = VisibleField(model=Segment, visible=segments_of)
    touchpoint_type = VisibleField(model=TouchpointType, visible=touchpoint_types_of)
    own_channel = VisibleField(model=FirmChannel, visible=channels_of, required=False, allow_null=True, default=None)
    revision = RevisionField(write_only=True)
    times = serializers.IntegerField(required=False, default=0, help_text="Left out when `every` says an interval.")
    times_at_most = serializers.IntegerField(required=False, allow_null=True, default=None)
    every = serializers.IntegerField(required=False, allow_null=True, default=None, help_text="An interval in `every_unit`, instead of `times`.")
    every_unit = serializers.ChoiceField(choices=Unit.choices, required=False, allow_blank=True, default="")
    minutes = serializers.IntegerField()
    window_days = serializers.IntegerField()
    lead_days = serializers.IntegerField(required=False, default=0)
    direct_cost = serializers.DecimalField(max_digits=8, decimal_places=2, default=Decimal(0))
    channel = serializers.ChoiceField(choices=Channel.choices)
    performer = serializers.ChoiceField(choices=Performer.choices)
    anchor = serializers.ChoiceField(choices=Anchor.choices, required=False, default=Anchor.SPREAD.value)
    anchor_month = serializers.IntegerField(required=False, allow_null=True, default=None)
    anchor_day = serializers.IntegerField(required=False, allow_null=True, default=None)
    anchor_event = serializers.ChoiceField(choices=Event.choices, required=False, allow_blank=True, default="")
    anchor_days = serializers.IntegerField(required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")

    class Meta:
        model = Promise
        fields = (
            *("id", "version", "revision", "segment", "touchpoint_type", "times", "times_at_most", "every", "every_unit", "channel", "own_channel"),
            *("performer", "minutes", "direct_cost", "lead_days", "window_days", "anchor", "anchor_month", "anchor_day", "anchor_event"),
            *("anchor_days", "note"),
        )
        # Writing a cell that is filled replaces it.
        validators: list[object] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["segment"].scheme_id != attrs["version"].scheme_id:
            raise serializers.ValidationError({"segment": _("This segment is not of the draft's scheme.")})
        return attrs
