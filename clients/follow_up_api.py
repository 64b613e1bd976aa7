"""Follow-ups, for programs."""

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients import follow_ups
from clients.api import NOT_YOURS
from clients.follow_ups import FollowUpDraft, FollowUpHandled, follow_ups_visible_to
from clients.models import FollowUp
from clients.queries import NotInYourBook
from clients.serializers import FollowUpSerializer
from firms.api import VERSION_READ, FirmViewSet, NumberOfRow
from firms.models import User
from firms.permissions import Permission
from firms.row_versions import RowChanged, RowVersion


class FollowUpFilter(django_filters.FilterSet):
    client = NumberOfRow(field_name="client_id")
    assignee = NumberOfRow(field_name="assignee_id")
    open = django_filters.BooleanFilter(field_name="done_at", lookup_expr="isnull", label="true: still to do; false: done.")
    due_from = django_filters.DateFilter(field_name="due_on", lookup_expr="gte")
    due_to = django_filters.DateFilter(field_name="due_on", lookup_expr="lte")

    class Meta:
        model = FollowUp
        fields: tuple[str, ...] = ()


class FollowUpViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """What was promised to clients, to be done by someone by a day. Each is done once: who comes second gets 409."""

    model = FollowUp
    serializer_class = FollowUpSerializer
    filterset_class = FollowUpFilter
    permissions = {
        "list": Permission.VIEW_CLIENTS,
        "retrieve": Permission.VIEW_CLIENTS,
        "create": Permission.EDIT_CLIENTS,
        "partial_update": Permission.EDIT_CLIENTS,
        "destroy": Permission.EDIT_CLIENTS,
        "finish": Permission.EDIT_CLIENTS,
        "reopen": Permission.EDIT_CLIENTS,
    }
    refusals = {NotInYourBook: NOT_YOURS, FollowUpHandled: (status.HTTP_409_CONFLICT, None), RowChanged: (status.HTTP_409_CONFLICT, None)}

    def visible(self, person: User) -> QuerySet[FollowUp]:
        return follow_ups_visible_to(person).select_related("client", "assignee").annotate(version=RowVersion())

    def create(self, request: Request) -> Response:
        """Promise something to a client."""
        values = self.checked(request)
        values.pop("version", None)
        return self.answer(follow_ups.add_follow_up(client=values.pop("client"), by=self.person, draft=FollowUpDraft(**values)), created=True)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Word it anew, move its day, or give it to someone else. With `version`, only if it still is the one you read. It stays
        its client's: `client` is ignored."""
        follow_up = self.get_object()
        values = {"version": follow_up.version, **self.checked(request, instance=follow_up)}
        values.pop("client", None)
        version = values.pop("version")
        kept = {"text": follow_up.text, "due_on": follow_up.due_on, "assignee": follow_up.assignee}
        draft = FollowUpDraft(**kept | values)
        return self.answer(follow_ups.change_follow_up(follow_up=follow_up, by=self.person, version=version, draft=draft))

    @extend_schema(parameters=[VERSION_READ])
    def destroy(self, request: Request, pk: str) -> Response:
        """Take one away that is not done."""
        follow_up = self.get_object()
        follow_ups.remove_follow_up(follow_up=follow_up, by=self.person, version=self.version_read(follow_up))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=FollowUpSerializer)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str) -> Response:
        """Say that it is done."""
        follow_up = self.get_object()
        follow_ups.finish_follow_up(follow_up=follow_up, by=self.person)
        return self.answer(follow_up)

    @extend_schema(request=None, responses=FollowUpSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Say that it is not done after all."""
        follow_up = self.get_object()
        follow_ups.reopen_follow_up(follow_up=follow_up, by=self.person)
        return self.answer(follow_up)
