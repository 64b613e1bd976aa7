"""The shape of schemes, segments and assignments in the API."""

from typing import Any

from rest_framework import serializers

from segmentation.models import Assignment, Scheme, Segment
from segmentation.presets import FEWEST_LEVELS, MOST_LEVELS, PRESETS


class SchemeSerializer(serializers.ModelSerializer[Scheme]):
    published_version = serializers.IntegerField(read_only=True, allow_null=True, help_text="Its number within the scheme. Null: never published.")
    draft = serializers.IntegerField(read_only=True, allow_null=True, help_text="A row of `scheme-versions`. Null: there is none that you may see.")
    moves_by_itself = serializers.BooleanField(help_text="Clients follow the rules every night; else a person decides who moves.")

    class Meta:
        model = Scheme
        fields = ("id", "name_en", "name_fr", "preset", "is_service", "moves_by_itself", "published_version", "draft", "created_at")
        read_only_fields = ("name_en", "name_fr", "preset", "is_service", "created_at")


class NewSchemeSerializer(serializers.Serializer[object]):
    preset = serializers.ChoiceField(
        choices=[each.key for each in PRESETS], required=False, allow_null=True, default=None, help_text="A practice to start from; it brings all."
    )
    name_en = serializers.CharField(max_length=80, required=False, default="", help_text="Without a preset.")
    name_fr = serializers.CharField(max_length=80, required=False, default="", help_text="Without a preset.")
    levels = serializers.IntegerField(
        min_value=FEWEST_LEVELS, max_value=MOST_LEVELS, required=False, default=3, help_text="Segments, without a preset: A, B, C…"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unnamed = [name for name in ("name_en", "name_fr") if not attrs[name]]
        if attrs["preset"] is None and unnamed:
            raise serializers.ValidationError({name: self.fields[name].error_messages["required"] for name in unnamed})
        return attrs


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    class Meta:
        model = Segment
        fields = ("id", "scheme", "rank", "name_en", "name_fr", "description_en", "description_fr")


class AssignmentSerializer(serializers.ModelSerializer[Assignment]):
    segment_name = serializers.CharField(source="segment.name", read_only=True)
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = Assignment
        fields = (
            "id",
            "client",
            "scheme",
            "segment",
            "segment_name",
            "version",
            "starts_on",
            "ends_on",
            "is_current",
            "source",
            "score",
            "score_y",
            "reason",
            "expires_on",
            "by",
            "created_at",
        )

    def get_is_current(self, assignment: Assignment) -> bool:
        return assignment.ends_on is None


class DistanceSerializer(serializers.Serializer[object]):
    segment = serializers.IntegerField(source="segment.pk")
    segment_name = serializers.CharField(source="segment.name")
    points = serializers.DecimalField(max_digits=9, decimal_places=4, allow_null=True, help_text="Null where rules place without a score.")
    points_y = serializers.DecimalField(max_digits=9, decimal_places=4, allow_null=True, help_text="On the second axis of a plane.")
    changes = serializers.ListField(child=serializers.CharField(), help_text="Single changes that would lead there, as a reader sees them.")


class AskedSerializer(serializers.Serializer[object]):
    text = serializers.CharField()
    is_met = serializers.BooleanField()


class AskSerializer(serializers.Serializer[object]):
    """What a segment's rule, or the floor of its share, asks."""

    segment = serializers.IntegerField(source="segment.pk")
    segment_name = serializers.CharField(source="segment.name")
    match = serializers.CharField()
    items = AskedSerializer(many=True)
    is_met = serializers.BooleanField()


class LineSerializer(serializers.Serializer[object]):
    attribute = serializers.CharField(help_text="A key of the attribute catalogue.")
    label = serializers.CharField()  # type: ignore[assignment]
    definition = serializers.CharField()
    axis = serializers.IntegerField(help_text="1 and 2: the axis it counts towards; 0: read by the rules.")
    value = serializers.CharField(help_text="As a reader sees it; empty when not known.")
    points = serializers.DecimalField(max_digits=7, decimal_places=4, allow_null=True, help_text="0–100; null when not known.")
    weight = serializers.DecimalField(max_digits=6, decimal_places=2, help_text="Percent.")
    contribution = serializers.DecimalField(max_digits=9, decimal_places=2, help_text="Points of the score that this criterion brings.")
    is_missing = serializers.BooleanField()


class ExplanationSerializer(serializers.Serializer[object]):
    """Why the rules of today place a client where they do."""

    computed_segment = serializers.IntegerField(source="placement.segment.pk")
    computed_segment_name = serializers.CharField(source="placement.segment.name")
    score = serializers.DecimalField(
        source="placement.score", max_digits=9, decimal_places=4, allow_null=True, help_text="Null where rules place without a score."
    )
    score_y = serializers.DecimalField(
        source="placement.score_y", max_digits=9, decimal_places=4, allow_null=True, help_text="On the second axis of a plane."
    )
    is_caught = serializers.BooleanField(source="placement.is_caught", help_text="False: no rule catches the client, who is in the fallback segment.")
    is_overridden = serializers.BooleanField()
    has_drifted = serializers.BooleanField(help_text="The rules would place the client elsewhere today; nothing moves by itself.")
    lines = LineSerializer(many=True)
    asks = AskSerializer(many=True)
    up = DistanceSerializer(allow_null=True, help_text="What would lead to the segment above.")
    down = DistanceSerializer(allow_null=True, help_text="What would lead to the segment below.")
