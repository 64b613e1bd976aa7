"""The shape of touchpoints in the API."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from clients.serializers import ExchangeSerializer
from firms.api import LARGEST_ID, VisibleField
from firms.models import User
from firms.queries import colleagues_of
from touchpoints.bulk import MOST_AT_ONCE
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
            "assigned_to",
            "claimed_by",
            "claimed_at",
            "closed_by",
            "closed_at",
            "reason",
            "interaction",
        )


class CompletionSerializer(ExchangeSerializer):
    """What was said or sent."""


class SnoozeSerializer(serializers.Serializer[object]):
    until = serializers.DateField(help_text="After today, at the latest the day the window ends.")


class MoveSerializer(serializers.Serializer[object]):
    to = serializers.DateField(help_text="Today or later, at the latest the day the window ends.")


class SkipSerializer(serializers.Serializer[object]):
    reason = serializers.CharField(max_length=300)


class ReassignSerializer(serializers.Serializer[object]):
    to = VisibleField(model=User, visible=colleagues_of, allow_null=True, help_text="The number of a colleague; null: nobody in particular.")


class BulkSerializer(serializers.Serializer[object]):
    act = serializers.ChoiceField(choices=["complete", "snooze", "skip", "reassign"], help_text="`complete` does e-mails alone.")
    ids = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), max_length=MOST_AT_ONCE, allow_empty=False)
    until = serializers.DateField(required=False, help_text="Of `snooze`.")
    reason = serializers.CharField(required=False, default="", max_length=300, help_text="Of `skip`.")
    to = VisibleField(model=User, visible=colleagues_of, required=False, allow_null=True, default=None, help_text="Of `reassign`.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["act"] == "snooze" and "until" not in attrs:
            raise serializers.ValidationError({"until": [_("Choose a day after today.")]})
        return attrs


class LeftSerializer(serializers.Serializer[object]):
    id = serializers.IntegerField()
    reason = serializers.CharField()


class BulkResultSerializer(serializers.Serializer[object]):
    handled = serializers.ListField(child=serializers.IntegerField())
    left = LeftSerializer(many=True)


class UndoneSerializer(serializers.Serializer[object]):
    undone = serializers.ListField(child=serializers.IntegerField())
    stays = serializers.ListField(child=serializers.CharField(), help_text="What came with the act and could not be taken back, in words.")
    changed_since = serializers.IntegerField(help_text="How many were left as someone made them since.")
