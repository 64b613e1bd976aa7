"""Versions of the matrix, for programs: a draft, what publishing it would do, publishing today or later, the former ones, the way back."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from firms.api import FirmViewSet, NumberOfRow
from firms.calendar import local_time
from firms.models import User
from firms.permissions import Permission
from service_matrix.comparing import compare_versions
from service_matrix.editing import CellGone, NothingToUndo, SameTwice, copy_column, redo_edit, undo_edit
from service_matrix.effects import effect_of
from service_matrix.grid import matrix_grid
from service_matrix.models import MatrixVersion
from service_matrix.promises import InvalidPromise
from service_matrix.queries import service_scheme, versions_of
from service_matrix.serializers import MatrixVersionSerializer, read_revision
from service_matrix.version_serializers import (
    AsReadSerializer,
    ComparisonSerializer,
    CopySerializer,
    EffectDaySerializer,
    EffectSerializer,
    NewDraftSerializer,
    PublicationSerializer,
    PublishedSerializer,
    ReactiveSerializer,
)
from service_matrix.versions import (
    AlreadyScheduled,
    BadEffectiveDate,
    DraftChanged,
    PresetDoesNotFit,
    Refused,
    call_off,
    discard_draft,
    publish_version,
    roll_back,
    set_reactive_minutes,
    settle_effective_date,
    start_draft,
)
from service_matrix.warnings import warnings_about

DRAFT, PUBLISHED, RETIRED = MatrixVersion.Status.DRAFT, MatrixVersion.Status.PUBLISHED, MatrixVersion.Status.RETIRED
CHANGED = (
    status.HTTP_409_CONFLICT,
    gettext_lazy("The draft changed since it was read, or is no draft any more. Read its revision again."),
)
REVISION = OpenApiParameter("revision", int, required=True, description="The draft's revision as you read it.")


class NoServiceScheme(Refused):
    """No segmentation scheme drives the service of this firm."""

    def __str__(self) -> str:
        return _("The service matrix promises touchpoints to segments. Publish a segmentation scheme, and its segments appear here.")


class MatrixVersionFilter(django_filters.FilterSet):
    scheme = NumberOfRow(field_name="scheme_id")
    status = django_filters.ChoiceFilter(choices=MatrixVersion.Status.choices)

    class Meta:
        model = MatrixVersion
        fields: tuple[str, ...] = ()


class MatrixVersionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Versions of the service matrix: one draft, one published, perhaps one scheduled, the former ones.

    A draft is written as it was read: every write raises its revision, and one that names an older revision is answered 409.
    """

    model = MatrixVersion
    serializer_class = MatrixVersionSerializer
    filterset_class = MatrixVersionFilter
    permissions = {
        "list": Permission.VIEW_MATRIX,
        "retrieve": Permission.VIEW_MATRIX,
        "comparison": Permission.VIEW_MATRIX,
        **dict.fromkeys(("create", "partial_update", "destroy", "copy", "undo", "redo"), Permission.EDIT_MATRIX),
        **dict.fromkeys(("effect", "publish", "call_off", "roll_back"), Permission.EDIT_MATRIX),
    }
    refusals = {
        DraftChanged: CHANGED,
        # Its segment left the scheme after the request was read.
        CellGone: CHANGED,
        NothingToUndo: (status.HTTP_409_CONFLICT, gettext_lazy("There is no edit left to take back, or to do again.")),
        Refused: (status.HTTP_409_CONFLICT, None),
    }

    def visible(self, person: User) -> QuerySet[MatrixVersion]:
        return versions_of(person).select_related("scheme")

    @extend_schema(request=NewDraftSerializer, responses={201: MatrixVersionSerializer})
    def create(self, request: Request) -> Response:
        """Begin the draft of the service scheme's matrix: from a shipped matrix, without the touchpoint types the firm has taken out of use, or
        like another scheme's, rank by rank; else from the published version. 409 while another draft is in progress.
        """
        asked = NewDraftSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        scheme = service_scheme(self.person)
        if scheme is None:
            raise NoServiceScheme
        try:
            draft = start_draft(scheme=scheme, by=self.person, preset=asked.validated_data["preset"], like=asked.validated_data["like"])
        except PresetDoesNotFit as refusal:
            raise exceptions.ValidationError({"preset": [str(refusal)]}) from None
        return self.answer(draft, created=True)

    @extend_schema(request=ReactiveSerializer, responses=MatrixVersionSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Say how many minutes a client and year answering calls and e-mails takes, for every segment of a draft."""
        version, said = self.get_object(), ReactiveSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        minutes = said.validated_data["reactive_minutes"]
        try:
            set_reactive_minutes(version=version, revision=said.validated_data["revision"], minutes=minutes, by=self.person)
        except InvalidPromise as refusal:
            raise exceptions.ValidationError({"reactive_minutes": list(refusal.errors.values())}) from None
        return self.answer(version)

    @extend_schema(parameters=[REVISION])
    def destroy(self, request: Request, pk: str) -> Response:
        """Throw a draft away."""
        discard_draft(version=self.get_object(), revision=read_revision(request.query_params), by=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=CopySerializer, responses=MatrixVersionSerializer)
    @action(detail=True, methods=["post"])
    def copy(self, request: Request, pk: str) -> Response:
        """Promise one segment of a draft exactly what another is promised. One edit, which can be undone. Refused where that would
        promise anew of a touchpoint type that is no longer in use.
        """
        version, said = self.get_object(), CopySerializer(data=request.data, context=self.get_serializer_context())
        said.is_valid(raise_exception=True)
        try:
            copy_column(version=version, by=self.person, **said.validated_data)
        except SameTwice:
            raise exceptions.ValidationError({"target": [_("Choose two different segments of the version’s scheme.")]}) from None
        except CellGone as gone:
            if gone.is_segment:
                raise
            raise exceptions.ValidationError({"source": [_("It is promised a touchpoint type that is no longer in use.")]}) from None
        return self.answer(version)

    @extend_schema(request=AsReadSerializer, responses=MatrixVersionSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take a draft's last edit back, whoever made it."""
        version = self.get_object()
        undo_edit(version=version, revision=_revision_of(request), by=self.person)
        return self.answer(version)

    @extend_schema(request=AsReadSerializer, responses=MatrixVersionSerializer)
    @action(detail=True, methods=["post"])
    def redo(self, request: Request, pk: str) -> Response:
        """Do again what was last taken back."""
        version = self.get_object()
        redo_edit(version=version, revision=_revision_of(request), by=self.person)
        return self.answer(version)

    @extend_schema(responses=ComparisonSerializer)
    @action(detail=True, methods=["get"])
    def comparison(self, request: Request, pk: str) -> Response:
        """What a version promises otherwise than the published one, cell by cell and in words; hours a year of both; of a draft, what to look at
        before publishing it.
        """
        version = self.get_object()
        published = self.get_queryset().filter(scheme=version.scheme_id, status=PUBLISHED).exclude(pk=version.pk).first()
        difference = compare_versions(before=published, after=version) if published is not None else None
        grid = matrix_grid(version)
        before = matrix_grid(published).yearly_hours if published is not None else [None] * len(grid.segments)
        hours = zip(grid.segments, grid.loads, before, grid.yearly_hours, strict=True)
        body = {
            "against": published.pk if published is not None else None,
            "difference": difference,
            "hours": [{"segment": each, "clients": load.clients, "before": was, "after": will} for each, load, was, will in hours],
            "warnings": warnings_about(version) if version.status == DRAFT else [],
        }
        return Response(ComparisonSerializer(body).data)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "effective_on", str, description="The day a draft would come into force, as 2026-01-31. Without it: today, the day of every return."
            )
        ],
        responses=EffectSerializer,
    )
    @action(detail=True, methods=["get"])
    def effect(self, request: Request, pk: str) -> Response:
        """How many touchpoints of the year ahead publishing a draft, or returning to a retired version, would add, change, cancel and leave as they
        are. Nothing is written; a large firm takes seconds.
        """
        version, asked = self.get_object(), EffectDaySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        if version.status not in {DRAFT, RETIRED}:
            raise exceptions.NotFound(_("Only a draft can be published, and only a retired version returned to."))
        try:
            day = asked.validated_data.get("effective_on") if version.status == DRAFT else None
            on = settle_effective_date(day, today=local_time(self.person.firm).date())
        except BadEffectiveDate as refusal:
            raise exceptions.ValidationError({"effective_on": [str(refusal)]}) from None
        found = effect_of(version, on=on)
        if found is None:
            raise exceptions.NotFound
        return Response(EffectSerializer({"on": on, **vars(found)}).data)

    @extend_schema(request=PublicationSerializer, responses={200: PublishedSerializer, 202: PublishedSerializer})
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Put a draft in force today (202: the year is planned again in the background, see `look_at`), or schedule it for a day to come (200)."""
        version, said = self.get_object(), PublicationSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        try:
            decided = publish_version(version=version, by=self.person, **said.validated_data)
        except (BadEffectiveDate, AlreadyScheduled) as refusal:
            raise exceptions.ValidationError({"effective_on": [str(refusal)]}) from None
        return self._decided(decided)

    @extend_schema(request=None, responses=MatrixVersionSerializer)
    @action(detail=True, methods=["post"], url_path="call-off")
    def call_off(self, request: Request, pk: str) -> Response:
        """Make a scheduled version a draft again."""
        version = self.get_object()
        call_off(version=version, by=self.person)
        return self.answer(version)

    @extend_schema(request=None, responses={202: PublishedSerializer})
    @action(detail=True, methods=["post"], url_path="roll-back")
    def roll_back(self, request: Request, pk: str) -> Response:
        """Publish, from today, what a retired version promised, as a version of its own. The year is planned again in the background."""
        return self._decided(roll_back(to=self.get_object(), by=self.person))

    def _decided(self, version: MatrixVersion) -> Response:
        """What is in force is planned by others, later: the answer says where to look."""
        look_at = self.request.build_absolute_uri(reverse("api-planning")) if version.status == PUBLISHED else None
        body: dict[str, Any] = PublishedSerializer({"version": self.one(version.pk), "look_at": look_at}).data
        if look_at is None:
            return Response(body)
        return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": look_at})


def _revision_of(request: Request) -> int:
    said = AsReadSerializer(data=request.data)
    said.is_valid(raise_exception=True)
    return int(said.validated_data["revision"])
