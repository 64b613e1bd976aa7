"""What is asked and answered about versions of the matrix in the API."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from firms.api import VisibleField
from firms.models import User
from segmentation.models import Segment
from service_matrix.models import MatrixVersion
from service_matrix.presets import PRESETS
from service_matrix.queries import segments_of, versions_of
from service_matrix.serializers import MatrixVersionSerializer, RevisionField


def other_matrices(user: User) -> QuerySet[MatrixVersion]:
    """What a new draft may begin like: the published matrices of other schemes than the one that drives the service."""
    return versions_of(user).filter(status=MatrixVersion.Status.PUBLISHED, scheme__is_service=False)


class NewDraftSerializer(serializers.Serializer[object]):
    preset = serializers.ChoiceField(choices=sorted(PRESETS), required=False, allow_null=True, default=None, help_text="A shipped matrix.")
    like = VisibleField(
        model=MatrixVersion,
        visible=other_matrices,
        required=False,
        allow_null=True,
        default=None,
        help_text="The number of the published version of another scheme than the service scheme.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["preset"] is not None and attrs["like"] is not None:
            raise serializers.ValidationError({"like": _("Begin from a shipped matrix or like that of another scheme, not both.")})
        return attrs


class AsReadSerializer(serializers.Serializer[object]):
    revision = RevisionField()


class CopySerializer(AsReadSerializer):
    source = VisibleField(model=Segment, visible=segments_of, help_text="The segment whose promises are taken.")  # type: ignore[assignment]
    target = VisibleField(model=Segment, visible=segments_of, help_text="The segment that is promised the same, and nothing else.")


class ReactiveSerializer(serializers.Serializer[object]):
    revision = RevisionField()
    reactive_minutes = serializers.IntegerField(help_text="A client and year.")


class PublicationSerializer(serializers.Serializer[object]):
    revision = RevisionField()
    effective_on = serializers.DateField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Today, or a day to come, at most two years ahead; without it: today. A past one is refused.",
    )


class PublishedSerializer(serializers.Serializer[object]):
    version = MatrixVersionSerializer()
    look_at = serializers.URLField(
        allow_null=True,
        help_text="Where to see whether the year is planned accordingly, as in `Location`; null: nothing is before its day.",
    )


class EffectDaySerializer(serializers.Serializer[object]):
    effective_on = serializers.DateField(required=False)


class EffectSerializer(serializers.Serializer[object]):
    """Touchpoints of the year ahead."""

    on = serializers.DateField(help_text="The day the version would come into force.")
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    kept = serializers.IntegerField()
    unplaced = serializers.IntegerField(
        help_text="Clients just added or classified who have no place in the year yet: their touchpoints are not in these figures."
    )


class CellChangeSerializer(serializers.Serializer[object]):
    touchpoint_type = serializers.IntegerField(source="touchpoint_type.pk")
    touchpoint_type_name = serializers.CharField(source="touchpoint_type.name")
    segment = serializers.IntegerField(source="segment.pk")
    segment_name = serializers.CharField(source="segment.name")
    kind = serializers.ChoiceField(choices=["added", "removed", "changed"])
    words = serializers.ListField(child=serializers.CharField(), help_text="Each difference, what it was before what it becomes.")


class ProfileChangeSerializer(serializers.Serializer[object]):
    profile = serializers.IntegerField(source="profile.pk")
    profile_name = serializers.CharField(source="profile.name")
    scope = serializers.CharField(help_text="What it changes.")
    before = serializers.CharField(help_text="Empty for what is new.")
    after = serializers.CharField(help_text="Empty for what is gone.")


class DifferenceSerializer(serializers.Serializer[object]):
    cells = CellChangeSerializer(many=True)
    answering = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text="Minutes of answering a client and year, before and after, where they differ."
    )
    overlay = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="Whose profiles change promises and how far, before and after, where it differs."
    )
    profiles = ProfileChangeSerializer(many=True)


class HoursSerializer(serializers.Serializer[object]):
    segment = serializers.IntegerField(source="segment.pk")
    segment_name = serializers.CharField(source="segment.name")
    clients = serializers.IntegerField()
    before = serializers.DecimalField(max_digits=12, decimal_places=1, allow_null=True, help_text="Hours a year as published; null: nothing is.")
    after = serializers.DecimalField(max_digits=12, decimal_places=1, help_text="Hours a year as this version promises.")


class MatrixWarningSerializer(serializers.Serializer[object]):
    segment = serializers.IntegerField(source="segment.pk")
    touchpoint_type = serializers.IntegerField(source="touchpoint_type.pk", allow_null=True, default=None, help_text="Null: the whole segment.")
    text = serializers.CharField()


class ComparisonSerializer(serializers.Serializer[object]):
    against = serializers.IntegerField(allow_null=True, help_text="The published version; null where there is no other.")
    difference = DifferenceSerializer(allow_null=True, help_text="Null where there is nothing to compare with.")
    hours = HoursSerializer(many=True, help_text="By rank of the segment.")
    warnings = MatrixWarningSerializer(many=True, help_text="Of a draft; none of them stops its publication.")
