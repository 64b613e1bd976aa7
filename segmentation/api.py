"""Who is in which segment and why, for programs."""

import django_filters
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from clients.conditions import ConditionsRefused
from clients.queries import visible_to
from firms.api import FirmViewSet, NumberOfRow
from firms.models import User
from firms.permissions import Permission
from segmentation.cloning import clone_scheme
from segmentation.explaining import explain_client
from segmentation.models import Assignment, Scheme, SchemeVersion, Segment
from segmentation.presets import create_from_preset, create_own, preset
from segmentation.publishing import RulesRefused, let_clients_move, make_service_scheme, start_draft
from segmentation.queries import readable_versions, schemes_of
from segmentation.serializers import AssignmentSerializer, ExplanationSerializer, NewSchemeSerializer, SchemeSerializer, SegmentSerializer
from segmentation.version_api import UNREADABLE
from segmentation.version_serializers import SchemeVersionSerializer


class SchemeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Segmentation schemes. The service scheme drives the service matrix. Their rules are in `scheme-versions`."""

    model = Scheme
    serializer_class = SchemeSerializer
    filterset_fields = ("is_service", "preset")
    permissions = {
        **dict.fromkeys(("list", "retrieve"), Permission.VIEW_SEGMENTATION),
        **dict.fromkeys(("create", "partial_update", "draft", "clone", "make_service"), Permission.EDIT_SEGMENTATION),
    }
    refusals = {
        RulesRefused: (status.HTTP_409_CONFLICT, gettext_lazy("Publish the scheme first.")),
        ConditionsRefused: UNREADABLE,
    }

    def visible(self, person: User) -> QuerySet[Scheme]:
        versions = readable_versions(person).filter(scheme=OuterRef("pk"))
        published, drafts = (versions.filter(status=each) for each in (SchemeVersion.Status.PUBLISHED, SchemeVersion.Status.DRAFT))
        return schemes_of(person).annotate(published_version=Subquery(published.values("number")[:1]), draft=Subquery(drafts.values("pk")[:1]))

    @extend_schema(request=NewSchemeSerializer, responses={201: SchemeSerializer})
    def create(self, request: Request) -> Response:
        """A new scheme: a practice (`preset`) with its segments and rules, or one of your own without rules yet. Both begin as a `draft`."""
        asked = NewSchemeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        chosen = said.pop("preset")
        draft = create_from_preset(preset(chosen)) if chosen is not None else create_own(**said)
        return self.answer(draft.scheme, created=True)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Say whether clients follow the rules by themselves every night, or wait for a person to decide."""
        scheme = self.get_object()
        values = self.checked(request, instance=scheme)
        if "moves_by_itself" in values:
            let_clients_move(scheme=scheme, moves=values["moves_by_itself"], by=self.person)
        return self.answer(scheme)

    @extend_schema(request=None, responses=SchemeVersionSerializer)
    @action(detail=True, methods=["post"])
    def draft(self, request: Request, pk: str) -> Response:
        """The scheme's draft: the one under way, or a new one that begins as a copy of what was decided last."""
        draft = start_draft(scheme=self.get_object())
        return Response(SchemeVersionSerializer(readable_versions(self.person).get(pk=draft.pk)).data)

    @extend_schema(request=None, responses={201: SchemeSerializer})
    @action(detail=True, methods=["post"])
    def clone(self, request: Request, pk: str) -> Response:
        """A new scheme with copies of the segments, and a draft with the same rules, to be changed without touching the first."""
        return self.answer(clone_scheme(scheme=self.get_object(), by=self.person).scheme, created=True)

    @extend_schema(request=None, responses=SchemeSerializer)
    @action(detail=True, methods=["post"], url_path="make-service")
    def make_service(self, request: Request, pk: str) -> Response:
        """Let a published scheme drive the service matrix from now on. The year is planned again in the background."""
        scheme = self.get_object()
        make_service_scheme(scheme=scheme, by=self.person)
        return self.answer(scheme)


class SegmentFilter(django_filters.FilterSet):
    scheme = NumberOfRow(field_name="scheme_id")

    class Meta:
        model = Segment
        fields: tuple[str, ...] = ()


class SegmentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Service levels; rank 1 is served most."""

    model = Segment
    serializer_class = SegmentSerializer
    filterset_class = SegmentFilter
    permissions = {"list": Permission.VIEW_SEGMENTATION, "retrieve": Permission.VIEW_SEGMENTATION}

    def visible(self, person: User) -> QuerySet[Segment]:
        return Segment.objects.filter(firm_id=person.firm_id)


class AssignmentFilter(django_filters.FilterSet):
    client = NumberOfRow(field_name="client_id")
    scheme = NumberOfRow(field_name="scheme_id")
    segment = NumberOfRow(field_name="segment_id")
    source = django_filters.ChoiceFilter(choices=Assignment.Source.choices)
    current = django_filters.BooleanFilter(field_name="ends_on", lookup_expr="isnull")
    on = django_filters.DateFilter(method="in_force_on", label="In force on this day.")

    class Meta:
        model = Assignment
        fields: tuple[str, ...] = ()

    def in_force_on(self, assignments: QuerySet[Assignment], _name: str, day: object) -> QuerySet[Assignment]:
        begun = assignments.filter(starts_on__lte=day)
        return begun.filter(ends_on=None) | begun.filter(ends_on__gt=day)


class AssignmentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """The segment of each client, from one date to another, with its source. These rows are their own history."""

    model = Assignment
    serializer_class = AssignmentSerializer
    filterset_class = AssignmentFilter
    permissions = {"list": Permission.VIEW_SEGMENTATION, "retrieve": Permission.VIEW_SEGMENTATION, "explanation": Permission.VIEW_SEGMENTATION}

    def visible(self, person: User) -> QuerySet[Assignment]:
        return Assignment.objects.filter(firm_id=person.firm_id, client__in=visible_to(person)).select_related("segment")

    @extend_schema(responses=ExplanationSerializer)
    @action(detail=True, methods=["get"])
    def explanation(self, request: Request, pk: str) -> Response:
        """Why the rules of the assignment's scheme place this client where they do: criterion by criterion, and how far the next segments are."""
        assignment = Assignment.objects.select_related("client").get(pk=self.get_object().pk)
        explained = explain_client(assignment.client, firm=self.person.firm)
        found = next((each for each in explained if each.placement.scheme_id == assignment.scheme_id), None)
        if found is None:
            raise NotFound
        return Response(ExplanationSerializer(found).data)
