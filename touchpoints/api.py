"""What is owed to clients and what became of it, for programs."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients.interactions import InteractionDraft
from firms.api import FirmViewSet, NumberOfRow
from firms.models import User
from firms.permissions import Permission
from service_matrix.models import Performer
from touchpoints.acting import ACTS
from touchpoints.appointments import HourPast
from touchpoints.bulk import handle_many
from touchpoints.models import Status, Touchpoint
from touchpoints.moving import move_touchpoint
from touchpoints.placing import DayRefused
from touchpoints.queries import touchpoints_visible_to
from touchpoints.refusals import (
    AlreadyHandled,
    AskedOfAnother,
    ChangedSince,
    MovedMeanwhile,
    NotSnoozable,
    NotTheirWork,
    NotUndoable,
    ReasonMissing,
)
from touchpoints.serializers import (
    BulkResultSerializer,
    BulkSerializer,
    CompletionSerializer,
    MoveSerializer,
    ReassignSerializer,
    SkipSerializer,
    SnoozeSerializer,
    TouchpointSerializer,
    UndoneSerializer,
)
from touchpoints.undoing import last_act, undo_act


class TouchpointFilter(django_filters.FilterSet):
    client = NumberOfRow(field_name="client_id")
    adviser = NumberOfRow(field_name="adviser_id")
    touchpoint_type = NumberOfRow(field_name="touchpoint_type_id")
    segment = NumberOfRow(field_name="segment_id")
    status = django_filters.MultipleChoiceFilter(choices=Status.choices)
    performer = django_filters.ChoiceFilter(choices=Performer.choices)
    due_from = django_filters.DateFilter(field_name="due_on", lookup_expr="gte")
    due_to = django_filters.DateFilter(field_name="due_on", lookup_expr="lte")
    service_year = django_filters.NumberFilter()

    class Meta:
        model = Touchpoint
        fields: tuple[str, ...] = ()


class TouchpointViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Touchpoints of the clients you may see. Each is handled once, by one person: who comes second gets 409 and is told by whom and when."""

    model = Touchpoint
    serializer_class = TouchpointSerializer
    filterset_class = TouchpointFilter
    permissions = {
        "list": Permission.VIEW_QUEUE,
        "retrieve": Permission.VIEW_QUEUE,
        "claim": Permission.WORK_QUEUE,
        "complete": Permission.WORK_QUEUE,
        "snooze": Permission.WORK_QUEUE,
        "skip": Permission.WORK_QUEUE,
        "move": Permission.WORK_QUEUE,
        "reassign": Permission.WORK_QUEUE,
        "bulk": Permission.WORK_QUEUE,
        "undo": Permission.WORK_QUEUE,
    }
    refusals = {
        AlreadyHandled: (status.HTTP_409_CONFLICT, None),
        NotSnoozable: (status.HTTP_409_CONFLICT, None),
        DayRefused: (status.HTTP_409_CONFLICT, None),
        HourPast: (status.HTTP_409_CONFLICT, None),
        NotTheirWork: (status.HTTP_409_CONFLICT, None),
        AskedOfAnother: (status.HTTP_409_CONFLICT, None),
        MovedMeanwhile: (status.HTTP_409_CONFLICT, None),
        NotUndoable: (status.HTTP_409_CONFLICT, None),
        ChangedSince: (status.HTTP_409_CONFLICT, None),
        ReasonMissing: (status.HTTP_400_BAD_REQUEST, None),
    }

    def visible(self, person: User) -> QuerySet[Touchpoint]:
        return touchpoints_visible_to(person).select_related("client", "touchpoint_type", "segment")

    @extend_schema(request=None, responses=TouchpointSerializer)
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: str) -> Response:
        """Say that you are on it: others see it and cannot close it for 30 minutes."""
        return self._act("claim", {})

    @extend_schema(request=CompletionSerializer, responses=TouchpointSerializer)
    @action(detail=True, methods=["post"], serializer_class=CompletionSerializer)
    def complete(self, request: Request, pk: str) -> Response:
        """Record that it was delivered, with the interaction that proves it."""
        return self._act("complete", {"draft": InteractionDraft(**self.checked(request))})

    @extend_schema(request=SnoozeSerializer, responses=TouchpointSerializer)
    @action(detail=True, methods=["post"], serializer_class=SnoozeSerializer)
    def snooze(self, request: Request, pk: str) -> Response:
        """Out of the queue until a day. The due date and the window do not move."""
        return self._act("snooze", self.checked(request))

    @extend_schema(request=SkipSerializer, responses=TouchpointSerializer)
    @action(detail=True, methods=["post"], serializer_class=SkipSerializer)
    def skip(self, request: Request, pk: str) -> Response:
        """Decide not to deliver it. The reason is kept for the service audit."""
        return self._act("skip", self.checked(request))

    @extend_schema(request=MoveSerializer, responses=TouchpointSerializer)
    @action(detail=True, methods=["post"], serializer_class=MoveSerializer)
    def move(self, request: Request, pk: str) -> Response:
        """To another day, where it stays. An appointment moves with it, and whoever was invited is told."""
        touchpoint, values = self.get_object(), self.checked(request)
        move_touchpoint(touchpoint=touchpoint, by=self.person, to=values["to"])
        return self._shown(touchpoint)

    @extend_schema(request=ReassignSerializer, responses=TouchpointSerializer)
    @action(detail=True, methods=["post"], serializer_class=ReassignSerializer)
    def reassign(self, request: Request, pk: str) -> Response:
        """Ask someone of the client's book to do it, or nobody in particular."""
        return self._act("reassign", self.checked(request))

    @extend_schema(request=BulkSerializer, responses=BulkResultSerializer)
    @action(detail=False, methods=["post"], serializer_class=BulkSerializer)
    def bulk(self, request: Request) -> Response:
        """The same for up to 200 touchpoints: those that cannot be are left, each with why."""
        values = self.checked(request)
        ids = list(touchpoints_visible_to(self.person).filter(pk__in=values["ids"]).values_list("pk", flat=True))
        handled = handle_many(act=values["act"], ids=ids, by=self.person, said=values)
        left = [{"id": refusal.touchpoint.pk, "reason": str(refusal)} for refusal in handled.left]
        return Response({"handled": [touchpoint.pk for touchpoint in handled.touchpoints], "left": left})

    @extend_schema(request=None, responses=UndoneSerializer)
    @action(detail=False, methods=["post"])
    def undo(self, request: Request) -> Response:
        """Take back what you did last, within 30 minutes. What someone changed since stays as it is."""
        act = last_act(self.person)
        if act is None:
            raise NotUndoable
        undone = undo_act(act=act, by=self.person)
        return Response({"undone": undone.touchpoint_ids, "changed_since": undone.changed_since, "stays": undone.stays})

    def _act(self, name: str, said: Mapping[str, Any]) -> Response:
        touchpoint = self.get_object()
        ACTS[name](touchpoint, self.person, said)
        return self._shown(touchpoint)

    def _shown(self, touchpoint: Touchpoint) -> Response:
        shown: dict[str, Any] = TouchpointSerializer(self.one(touchpoint.pk), context=self.get_serializer_context()).data
        return Response(shown)
