"""Who is in which segment and why, for programs."""

import django_filters
from django.db.models import OuterRef, QuerySet, Subquery
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from clients.queries import visible_to
from firms.api import FirmViewSet, NumberOfRow
from firms.models import User
from firms.permissions import Permission
from segmentation.explaining import explain_client
from segmentation.models import Assignment, Scheme, SchemeVersion, Segment
from segmentation.serializers import AssignmentSerializer, ExplanationSerializer, SchemeSerializer, SegmentSerializer


class SchemeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Segmentation schemes. The service scheme drives the service matrix."""

    model = Scheme
    serializer_class = SchemeSerializer
    filterset_fields = ("is_service", "preset")
    permissions = {"list": Permission.VIEW_SEGMENTATION, "retrieve": Permission.VIEW_SEGMENTATION}

    def visible(self, person: User) -> QuerySet[Scheme]:
        published = SchemeVersion.objects.filter(firm_id=person.firm_id, scheme=OuterRef("pk"), status=SchemeVersion.Status.PUBLISHED)
        return Scheme.objects.filter(firm_id=person.firm_id).annotate(published_version=Subquery(published.values("number")[:1]))


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
