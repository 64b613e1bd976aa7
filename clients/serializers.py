"""The shape of clients, people and interactions in the API."""

from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clients.attributes import Catalogue, catalogue_of
from clients.attributes.own import PREFIX
from clients.attributes.products import PRODUCTS
from clients.conditions import ConditionsRefused, Group, describe, parse
from clients.editing import CLIENT_FIELDS, PERSON_FIELDS
from clients.follow_ups import FollowUpDraft
from clients.models import (
    Amount,
    AttributeDefinition,
    Channel,
    Client,
    FollowUp,
    Interaction,
    LifeEvent,
    Person,
    Referral,
    SavedFilter,
    ValueShown,
)
from clients.queries import advisers_of, visible_to
from firms.api import MomentSent, VisibleField
from firms.models import User
from firms.queries import colleagues_of
from firms.row_versions import VERSION_HELP


class PersonFieldsSerializer(serializers.ModelSerializer[Person]):
    class Meta:
        model = Person
        fields = PERSON_FIELDS


class OwnField(serializers.DictField):
    """Values of the firm's own attributes by slug, and `products`. Sent, it changes the attributes it names; null takes a value away."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", required=False, help_text=str(type(self).__doc__), **options)

    def to_representation(self, value: Any) -> dict[str, Any]:
        return dict(value.own)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict) or not all(isinstance(slug, str) for slug in data):
            self.fail("not_a_dict", input_type=type(data).__name__)
        return {slug if slug == PRODUCTS else PREFIX + slug: value for slug, value in data.items()}


class ClientSerializer(serializers.ModelSerializer[Client]):
    adviser = VisibleField(model=User, visible=advisers_of, help_text="The number of the lead adviser.")
    adviser_name = serializers.CharField(source="adviser.name", read_only=True)
    version = serializers.CharField(required=False, help_text=VERSION_HELP)
    own = OwnField()
    person = PersonFieldsSerializer(write_only=True, required=False, help_text="The primary contact, when the client is created.")

    class Meta:
        model = Client
        fields = ("id", "version", "adviser", "adviser_name", *CLIENT_FIELDS, "own", "person", "archived_at", "created_at", "updated_at")
        read_only_fields = ("archived_at", "created_at", "updated_at")


class PersonSerializer(serializers.ModelSerializer[Person]):
    client = VisibleField(model=Client, visible=visible_to)
    version = serializers.CharField(required=False, help_text=VERSION_HELP)

    class Meta:
        model = Person
        fields = ("id", "version", "client", "is_primary", *PERSON_FIELDS, "updated_at")
        read_only_fields = ("is_primary", "updated_at")


class FollowUpDraftField(serializers.Serializer[object]):
    text = serializers.CharField(max_length=300)
    due_on = serializers.DateField()
    assignee = VisibleField(model=User, visible=colleagues_of, required=False, allow_null=True, help_text="Without it: you.")


class ExchangeSerializer(serializers.Serializer[object]):
    """What one says of an exchange, wherever it is logged: an InteractionDraft."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    subject = serializers.CharField(max_length=200)
    summary = serializers.CharField(required=False, allow_blank=True, default="")
    happened_at = MomentSent(required=False, help_text="Without it: now.")
    value = serializers.ChoiceField(choices=ValueShown.choices, required=False, allow_blank=True, default="", help_text="What the client got.")
    value_note = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)
    satisfaction = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0, max_value=10)
    follow_ups = FollowUpDraftField(many=True, required=False, help_text="What was promised: each becomes a follow-up.")

    def validate_follow_ups(self, drafts: list[dict[str, Any]]) -> list[FollowUpDraft]:
        return [FollowUpDraft(**draft) for draft in drafts]


class InteractionSerializer(ExchangeSerializer, serializers.ModelSerializer[Interaction]):
    about = serializers.CharField(
        required=False,
        write_only=True,
        default="",
        allow_blank=True,
        max_length=20,
        help_text="The number of the touchpoint type it was, or 'nothing'. Without it: a call or a meeting counts for the one due.",
    )

    client = VisibleField(model=Client, visible=visible_to)
    by_name = serializers.CharField(source="by.name", read_only=True)
    # Sent with a new interaction; read under /follow-ups/.
    follow_ups = FollowUpDraftField(many=True, required=False, write_only=True, help_text="What was promised: each becomes a follow-up.")

    class Meta:
        model = Interaction
        fields = (
            "id", "client", "happened_at", "channel", "subject", "summary", "value", "value_note", "satisfaction", "follow_ups", "about", "by",
            "by_name", "created_at",
        )  # fmt: skip
        read_only_fields = ("by", "created_at")


class FollowUpSerializer(serializers.ModelSerializer[FollowUp]):
    client = VisibleField(model=Client, visible=visible_to)
    assignee = VisibleField(model=User, visible=colleagues_of, required=False, allow_null=True, help_text="Without it: you.")
    assignee_name = serializers.CharField(source="assignee.name", read_only=True)
    version = serializers.CharField(required=False, help_text=VERSION_HELP)

    class Meta:
        model = FollowUp
        fields = (
            "id", "version", "client", "interaction", "text", "due_on", "assignee", "assignee_name", "by", "done_at", "done_by", "created_at",
        )  # fmt: skip
        read_only_fields = ("interaction", "by", "done_at", "done_by", "created_at")


class LifeEventSerializer(serializers.ModelSerializer[LifeEvent]):
    client = VisibleField(model=Client, visible=visible_to)
    version = serializers.CharField(required=False, help_text=VERSION_HELP)

    class Meta:
        model = LifeEvent
        fields = ("id", "version", "client", "on", "kind", "words", "by", "created_at")
        read_only_fields = ("by", "created_at")


class ReferralSerializer(serializers.ModelSerializer[Referral]):
    client = VisibleField(model=Client, visible=visible_to, help_text="Who referred.")
    referred = VisibleField(model=Client, visible=visible_to, required=False, allow_null=True, help_text="The file of the person introduced, if any.")
    name = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="Whom. Without it: the name of `referred`.")
    version = serializers.CharField(required=False, help_text=VERSION_HELP)

    class Meta:
        model = Referral
        fields = ("id", "version", "client", "name", "referred", "made_on", "led_to_meeting", "converted", "quality", "note", "by", "created_at")
        read_only_fields = ("by", "created_at")


class AmountSerializer(serializers.ModelSerializer[Amount]):
    client = VisibleField(model=Client, visible=visible_to)
    starts_on = serializers.DateField(required=False, help_text="The first day of a period of up to one year; without it: `ends_on` alone.")
    version = serializers.CharField(required=False, help_text=VERSION_HELP)

    class Meta:
        model = Amount
        fields = ("id", "version", "client", "kind", "starts_on", "ends_on", "amount", "note", "source", "by", "created_at")
        read_only_fields = ("source", "by", "created_at")


class AttributeSerializer(serializers.ModelSerializer[AttributeDefinition]):
    class Meta:
        model = AttributeDefinition
        fields = ("id", "slug", "group", "type", "label_en", "label_fr", "definition_en", "definition_fr", "choices", "archived_at")


CONDITIONS_HELP = (
    "A group: `match` is `all`, `any` or `at_least` (with `least`, how many), `items` its conditions and groups, nested five deep at most. "
    "A condition: `attribute` is a key of the catalogue, `test` one of `at_least`, `more_than`, `less_than`, `at_most`, `between` (the second "
    "excluded), `through` (included), `equals`, `last_months`, `next_days`, `any_of`, `all_of`, `none_of`, `contains`, `known`, `not_known`, and "
    "`values` what it compares with: figures as texts, days as 2026-01-31. What is not known meets `not_known` alone."
)


@extend_schema_field({"type": "object", "description": CONDITIONS_HELP, "required": ["match", "items"], "additionalProperties": True})
class ConditionsField(serializers.Field[Any, Any, Any, Any]):
    """Conditions as clients.conditions writes them; each fault is told at its place."""

    def to_internal_value(self, data: Any) -> Group:
        try:
            return parse(data, catalogue=catalogue_of(self.context["request"].user.firm_id))
        except ConditionsRefused as refusal:
            faults: dict[str, list[str]] = {}
            for at, message in refusal.problems:
                faults.setdefault(at, []).append(message)
            raise serializers.ValidationError(faults) from None

    def to_representation(self, value: Any) -> Any:
        return value


class SavedFilterSerializer(serializers.ModelSerializer[SavedFilter]):
    conditions = ConditionsField()
    words = serializers.SerializerMethodField(help_text="The conditions as a sentence; empty when the firm's attributes no longer allow them.")
    owner_name = serializers.CharField(source="owner.name", read_only=True)
    version = serializers.CharField(required=False, help_text=VERSION_HELP)

    class Meta:
        model = SavedFilter
        fields = ("id", "version", "name", "is_shared", "conditions", "words", "owner", "owner_name", "updated_at")
        read_only_fields = ("owner", "updated_at")

    @cached_property
    def catalogue(self) -> Catalogue:
        """The firm's, read once for all the rows of an answer."""
        return catalogue_of(self.context["request"].user.firm_id)

    def get_words(self, saved: SavedFilter) -> str:
        try:
            return describe(parse(saved.conditions, catalogue=self.catalogue), catalogue=self.catalogue, firm=self.context["request"].user.firm)
        except ConditionsRefused:
            return ""
