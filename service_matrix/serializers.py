"""The shape of touchpoint types, matrix versions and promises in the API."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clients.models import Channel
from firms.api import VisibleField
from segmentation.models import Segment
from service_matrix.models import MatrixVersion, Performer, Promise, TouchpointType
from service_matrix.queries import drafts_of, segments_of, touchpoint_types_of
from service_matrix.versions import TERMS


class StepSerializer(serializers.Serializer[object]):
    en = serializers.CharField()
    fr = serializers.CharField()
    performer = serializers.ChoiceField(choices=Performer.choices)


class TouchpointTypeSerializer(serializers.ModelSerializer[TouchpointType]):
    steps = StepSerializer(many=True)

    class Meta:
        model = TouchpointType
        fields = ("id", "key", "name_en", "name_fr", "channel", "performer", "minutes", "direct_cost", "steps", "is_active")


class MatrixVersionSerializer(serializers.ModelSerializer[MatrixVersion]):
    class Meta:
        model = MatrixVersion
        fields = ("id", "scheme", "number", "status", "revision", "reactive_minutes", "effective_on", "published_at", "published_by", "created_at")


class PromiseSerializer(serializers.ModelSerializer[Promise]):
    version = VisibleField(model=MatrixVersion, visible=drafts_of, help_text="The number of a draft.")
    segment = VisibleField(model=Segment, visible=segments_of)
    touchpoint_type = VisibleField(model=TouchpointType, visible=touchpoint_types_of)
    revision = serializers.IntegerField(write_only=True, min_value=1, max_value=2**31 - 1, help_text="The draft's revision as you read it.")
    times = serializers.IntegerField()
    times_at_most = serializers.IntegerField(required=False, allow_null=True, default=None)
    minutes = serializers.IntegerField()
    window_days = serializers.IntegerField()
    direct_cost = serializers.DecimalField(max_digits=8, decimal_places=2, default=Decimal(0))
    channel = serializers.ChoiceField(choices=Channel.choices)
    performer = serializers.ChoiceField(choices=Performer.choices)

    class Meta:
        model = Promise
        fields = ("id", "version", "revision", "segment", "touchpoint_type", *TERMS)
        # Writing a cell that is filled replaces it.
        validators: list[object] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["segment"].scheme_id != attrs["version"].scheme_id:
            raise serializers.ValidationError({"segment": _("This segment is not of the draft's scheme.")})
        return attrs
