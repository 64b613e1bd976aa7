"""Absences and who covers them, and whether the planner has followed: for programs."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from firms import absences
from firms.absences import AbsenceRefused, absences_visible_to, absentees_of, covered_on, who_may_cover
from firms.api import VERSION_READ, FirmAPIView, FirmViewSet, NumberOfRow, VisibleField
from firms.calendar import local_time
from firms.models import Absence, User
from firms.permissions import Permission
from firms.queries import by_name, colleagues_of, planning_asked_at
from firms.row_versions import VERSION_HELP, RowChanged, RowVersion


class AbsenceSerializer(serializers.ModelSerializer[Absence]):
    user = VisibleField(
        model=User, visible=absentees_of, required=False, help_text="Who is away. Without it: you. Only who manages users names another."
    )
    user_name = serializers.CharField(source="user.name", read_only=True)
    covered_by = VisibleField(
        model=User,
        visible=colleagues_of,
        required=False,
        allow_null=True,
        default=None,
        help_text="Sees and works the absent person’s clients and queue on these days: someone of `absences/who-may-cover/`.",
    )
    version = serializers.CharField(required=False, help_text=VERSION_HELP)
    covered_by_name = serializers.CharField(source="covered_by.name", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Absence
        fields = ("id", "version", "user", "user_name", "starts_on", "ends_on", "covered_by", "covered_by_name", "note")


class AbsenceChangeSerializer(serializers.ModelSerializer[Absence]):
    covered_by = VisibleField(model=User, visible=colleagues_of, required=False, allow_null=True, help_text="Null: nobody covers it any more.")
    version = serializers.CharField(required=False, help_text="The one you read.")

    class Meta:
        model = Absence
        fields = ("version", "starts_on", "ends_on", "covered_by", "note")


class AbsenteeSerializer(serializers.Serializer[object]):
    user = VisibleField(model=User, visible=absentees_of, required=False)


class ColleagueSerializer(serializers.Serializer[object]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class CoveredDaySerializer(serializers.Serializer[object]):
    on = serializers.DateField(required=False)


class CoveredSerializer(serializers.Serializer[object]):
    """What who covers needs to know: not why the colleague is away."""

    user = serializers.IntegerField(source="user_id")
    user_name = serializers.CharField(source="user.name")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()


class AbsenceFilter(django_filters.FilterSet):
    user = NumberOfRow(field_name="user_id", label="The number of who is away.")
    covered_by = NumberOfRow(field_name="covered_by_id", label="The number of who covers.")
    since = django_filters.DateFilter(field_name="ends_on", lookup_expr="gte", label="That end on this day or later.")
    until = django_filters.DateFilter(field_name="starts_on", lookup_expr="lte", label="That start on this day or earlier.")

    class Meta:
        model = Absence
        fields: tuple[str, ...] = ()


class AbsenceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Days people are away, first and last included, and who covers. You see your own; who manages users sees everybody's."""

    model = Absence
    refusals = {RowChanged: (status.HTTP_409_CONFLICT, None)}
    serializer_class = AbsenceSerializer
    filterset_class = AbsenceFilter
    permissions = dict.fromkeys(
        ("list", "retrieve", "create", "partial_update", "destroy", "who_may_cover", "covering"),
        Permission.SIGNED_IN,
    )

    def visible(self, person: User) -> QuerySet[Absence]:
        return absences_visible_to(person).annotate(version=RowVersion())

    def create(self, request: Request) -> Response:
        """Note that you, or a colleague whose time you manage, are away. The year is planned around it; whoever is to cover is told."""
        values = {"user": self.person, **self.checked(request)}
        values.pop("version", None)
        try:
            absence = absences.add_absence(by=self.person, **values)
        except AbsenceRefused as refusal:
            raise _beside_its_field(refusal) from None
        return self.answer(absence, created=True)

    @extend_schema(request=AbsenceChangeSerializer, responses=AbsenceSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the days, the note or who covers; what is not sent stays. With `version`, only if it still is the one you read.
        Whoever began or ceased to cover, or covers other days, is told, and the year is planned around the new days. Whose absence it is stays:
        `user` is ignored."""
        absence = self.get_object()
        said = AbsenceChangeSerializer(data=request.data, partial=True, context=self.get_serializer_context())
        said.is_valid(raise_exception=True)
        try:
            absences.change_absence(absence=absence, by=self.person, **{"version": absence.version, **said.validated_data})
        except AbsenceRefused as refusal:
            raise _beside_its_field(refusal) from None
        return self.answer(absence)

    @extend_schema(parameters=[VERSION_READ])
    def destroy(self, request: Request, pk: str) -> Response:
        """Take an absence away, and its cover with it: the person works on these days after all."""
        absence = self.get_object()
        absences.remove_absence(absence=absence, by=self.person, version=self.version_read(absence))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        parameters=[OpenApiParameter("user", int, description="Who is away. Without it: you. Only who manages users names another.")],
        responses=ColleagueSerializer(many=True),
    )
    @action(detail=False, methods=["get"], url_path="who-may-cover", pagination_class=None, filter_backends=[])
    def who_may_cover(self, request: Request) -> Response:
        """Colleagues who do the same work, so may cover: assistants for an assistant; advisers and administrators for those who lead clients."""
        asked = AbsenteeSerializer(data=request.query_params, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        colleagues = who_may_cover(asked.validated_data.get("user", self.person)).order_by(by_name(), "pk")
        return Response(ColleagueSerializer(colleagues, many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("on", str, description="A day, as 2026-01-31. Without it: today.")],
        responses=CoveredSerializer(many=True),
    )
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def covering(self, request: Request) -> Response:
        """The absences of colleagues that you cover on a day: their clients and queue are yours to see and work then."""
        asked = CoveredDaySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        on = asked.validated_data.get("on") or local_time(self.person.firm).date()
        covered = covered_on(self.person, on).select_related("user").order_by("starts_on", "pk")
        return Response(CoveredSerializer(covered, many=True).data)


def _beside_its_field(refusal: AbsenceRefused) -> exceptions.ValidationError:
    return exceptions.ValidationError({refusal.field: [str(refusal)]})


class PlanningSerializer(serializers.Serializer[object]):
    is_up_to_date = serializers.BooleanField(help_text="The touchpoints of the year follow everything that was decided.")
    asked_at = serializers.DateTimeField(allow_null=True, help_text="When the planner was first asked for what it has not done yet.")


class PlanningView(FirmAPIView):
    """How far the planner is: what was published, returned to, or noted as an absence is planned in the background."""

    permissions = {"get": Permission.SIGNED_IN}

    @extend_schema(responses=PlanningSerializer)
    def get(self, request: Request) -> Response:
        """Whether the year's touchpoints follow what was decided: where a 202 that has the year planned sends you to look."""
        asked_at = planning_asked_at(self.person)
        body: Any = PlanningSerializer({"is_up_to_date": asked_at is None, "asked_at": asked_at}).data
        return Response(body)
