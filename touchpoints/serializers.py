"""The shape of touchpoints in the API."""

from rest_framework import serializers

from clients.models import Channel
from firms.api import MomentSent
from touchpoints.models import Touchpoint


class TouchpointSerializer(serializers.ModelSerializer[Touchpoint]):
    client_name = serializers.CharField(source="client.name", read_only=True)
    touchpoint_type_name = serializers.CharField(source="touchpoint_type.name", read_only=True)
    segment_name = serializers.CharField(source="segment.name", read_only=True)

    class Meta:
        model = Touchpoint
        fields = (
            "id",
            "client",
            "client_name",
            "adviser",
            "touchpoint_type",
            "touchpoint_type_name",
            "segment",
            "segment_name",
            "service_year",
            "ordinal",
            "due_on",
            "window_ends_on",
            "moved_from",
            "channel",
            "performer",
            "minutes",
            "status",
            "snoozed_until",
            "claimed_by",
            "claimed_at",
            "closed_by",
            "closed_at",
            "reason",
            "interaction",
        )


class CompletionSerializer(serializers.Serializer[object]):
    channel = serializers.ChoiceField(choices=Channel.choices)
    subject = serializers.CharField(max_length=200)
    summary = serializers.CharField(required=False, allow_blank=True, default="")
    happened_at = MomentSent(required=False, help_text="Without it: now.")


class SnoozeSerializer(serializers.Serializer[object]):
    until = serializers.DateField(help_text="After today, at the latest the day the window ends.")


class MoveSerializer(serializers.Serializer[object]):
    to = serializers.DateField(help_text="Today or later, at the latest the day the window ends.")


class SkipSerializer(serializers.Serializer[object]):
    reason = serializers.CharField(max_length=300)
