"""The shape of schemes, segments and assignments in the API."""

from rest_framework import serializers

from segmentation.models import Assignment, Scheme, Segment


class SchemeSerializer(serializers.ModelSerializer[Scheme]):
    published_version = serializers.IntegerField(read_only=True, allow_null=True, help_text="Null: never published.")

    class Meta:
        model = Scheme
        fields = ("id", "name_en", "name_fr", "preset", "is_service", "published_version", "created_at")


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
    points = serializers.DecimalField(max_digits=9, decimal_places=4)


class LineSerializer(serializers.Serializer[object]):
    attribute = serializers.CharField(help_text="A key of the attribute catalogue.")
    label = serializers.CharField()  # type: ignore[assignment]
    definition = serializers.CharField()
    value = serializers.CharField(help_text="As a reader sees it; empty when not known.")
    points = serializers.DecimalField(max_digits=7, decimal_places=4, allow_null=True, help_text="0–100; null when not known.")
    weight = serializers.DecimalField(max_digits=6, decimal_places=2, help_text="Percent.")
    contribution = serializers.DecimalField(max_digits=9, decimal_places=2, help_text="Points of the score that this criterion brings.")
    is_missing = serializers.BooleanField()


class ExplanationSerializer(serializers.Serializer[object]):
    """Why the rules of today place a client where they do."""

    computed_segment = serializers.IntegerField(source="placement.segment.pk")
    computed_segment_name = serializers.CharField(source="placement.segment.name")
    score = serializers.DecimalField(source="placement.score", max_digits=9, decimal_places=4)
    is_overridden = serializers.BooleanField()
    has_drifted = serializers.BooleanField(help_text="The rules would place the client elsewhere today; nothing moves by itself.")
    lines = LineSerializer(many=True)
    up = DistanceSerializer(allow_null=True, help_text="Points to gain to reach the segment above.")
    down = DistanceSerializer(allow_null=True, help_text="Points to lose to fall into the segment below.")
