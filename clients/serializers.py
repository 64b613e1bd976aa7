"""The shape of clients, people and interactions in the API."""

from rest_framework import serializers

from clients.editing import CLIENT_FIELDS, PERSON_FIELDS
from clients.models import Client, Interaction, Person
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
