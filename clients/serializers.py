"""The shape of clients, people and interactions in the API."""

from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clients.attributes import Catalogue, catalogue_of
from clients.conditions import ConditionsRefused, Group, describe, parse
from clients.editing import CLIENT_FIELDS, PERSON_FIELDS
from clients.models import Client, Interaction, Person, SavedFilter
from clients.queries import advisers_of, visible_to
from firms.api import MomentSent, VisibleField
from firms.models import User

VERSION_HELP = "Changes whenever the row is written. Send back the one you read, and nobody's change is overwritten (409 instead)."


class PersonFieldsSerializer(serializers.ModelSerializer[Person]):
    class Meta:
        model = Person
        fields = PERSON_FIELDS


class ClientSerializer(serializers.ModelSerializer[Client]):
    adviser = VisibleField(model=User, visible=advisers_of, help_text="The number of the lead adviser.")
    adviser_name = serializers.CharField(source="adviser.name", read_only=True)
    version = serializers.CharField(required=False, help_text=VERSION_HELP)
    person = PersonFieldsSerializer(write_only=True, required=False, help_text="The primary contact, when the client is created.")

    class Meta:
        model = Client
        fields = ("id", "version", "adviser", "adviser_name", *CLIENT_FIELDS, "person", "archived_at", "created_at", "updated_at")
        read_only_fields = ("archived_at", "created_at", "updated_at")


class PersonSerializer(serializers.ModelSerializer[Person]):
    client = VisibleField(model=Client, visible=visible_to)
    version = serializers.CharField(required=False, help_text=VERSION_HELP)

    class Meta:
        model = Person
        fields = ("id", "version", "client", "is_primary", *PERSON_FIELDS, "updated_at")
        read_only_fields = ("is_primary", "updated_at")


class InteractionSerializer(serializers.ModelSerializer[Interaction]):
    client = VisibleField(model=Client, visible=visible_to)
    happened_at = MomentSent(required=False, help_text="Without it: now.")
    by_name = serializers.CharField(source="by.name", read_only=True)

    class Meta:
        model = Interaction
        fields = ("id", "client", "happened_at", "channel", "subject", "summary", "by", "by_name", "created_at")
        read_only_fields = ("by", "created_at")


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
