"""Moving clients to other books, for programs."""

from typing import Any

from django.db.models import Count, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients.api import CHANGED, NOT_YOURS
from clients.assigning import Selection, SelectionChanged, TransferClosed, assign_clients, undo_transfer
from clients.editing import NotAnAdviser
from clients.models import Transfer
from clients.queries import NotInYourBook, advisers_of, visible_to
from firms.api import LARGEST_ID, FirmViewSet, VisibleField
from firms.models import User
from firms.permissions import Permission

MOST_CLIENTS = 50_000


class TransferSerializer(serializers.ModelSerializer[Transfer]):
    moved = serializers.SerializerMethodField(help_text="How many clients it moved so far.")
    job_status = serializers.CharField(
        source="job.status", read_only=True, allow_null=True, default=None, help_text="Of a large one; null: it was made at once."
    )

    class Meta:
        model = Transfer
        fields = ("id", "by", "created_at", "undone_at", "moved", "job_status")

    @extend_schema_field(int)
    def get_moved(self, transfer: Any) -> int:
        return int(transfer.moved)


class NewTransferSerializer(serializers.Serializer[object]):
    clients = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), allow_empty=False, max_length=MOST_CLIENTS, help_text="Their numbers."
    )
    to = serializers.ListField(
        child=VisibleField(model=User, visible=advisers_of), allow_empty=False, max_length=50, help_text="One successor, or several to share them."
    )


class TransferredSerializer(serializers.Serializer[object]):
    transfer = serializers.IntegerField(allow_null=True, help_text="Null when nobody had to move.")
    moved = serializers.IntegerField(help_text="0 while a job is moving them.")


class TakenBackSerializer(serializers.Serializer[object]):
    returned = serializers.IntegerField(help_text="0 while a job is moving them.")
    moved_since = serializers.IntegerField(help_text="Clients whom someone moved again since: they stay.")


class TransferViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Clients who went to another book in one action, which may be taken back within a day."""

    model = Transfer
    serializer_class = TransferSerializer
    permissions = dict.fromkeys(("list", "retrieve", "create", "undo"), Permission.ASSIGN_CLIENTS)
    refusals = {
        NotInYourBook: NOT_YOURS,
        NotAnAdviser: (status.HTTP_400_BAD_REQUEST, None),
        SelectionChanged: CHANGED,
        TransferClosed: (status.HTTP_409_CONFLICT, None),
    }

    def visible(self, person: User) -> QuerySet[Transfer]:
        return Transfer.objects.filter(firm_id=person.firm_id).select_related("job").annotate(moved=Count("clients"))

    @extend_schema(request=NewTransferSerializer, responses={201: TransferredSerializer})
    def create(self, request: Request) -> Response:
        """Move clients to one adviser, or share them among several; those you do not see are left. More than 500 are moved by a job."""
        asked = NewTransferSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        clients = visible_to(self.person).filter(pk__in=asked.validated_data["clients"])
        done = assign_clients(clients=clients, to=asked.validated_data["to"], by=self.person, mark=Selection.of(clients).mark)
        body = {"transfer": done.transfer.pk if done.transfer else None, "moved": done.moved}
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=TakenBackSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Give back exactly who moved, unless somebody moved them since."""
        back = undo_transfer(transfer=self.get_object(), by=self.person)
        return Response({"returned": back.returned, "moved_since": back.moved_since})
