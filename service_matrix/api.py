"""What each segment is promised, for programs."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, mixins, status
from rest_framework.request import Request
from rest_framework.response import Response

from firms.api import FirmViewSet, NumberOfRow
from firms.models import User
from firms.permissions import Permission
from service_matrix.editing import CellGone, write_cell_as_read
from service_matrix.models import MatrixVersion, Promise, TouchpointType
from service_matrix.promises import TERMS, InvalidPromise, PromiseTerms, check_said
from service_matrix.queries import touchpoint_types_of
from service_matrix.serializers import PromiseSerializer, TouchpointTypeSerializer, read_revision
from service_matrix.version_api import CHANGED, REVISION
from service_matrix.versions import DraftChanged, clear_promise


class TouchpointTypeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """What may be promised, with the procedure to follow."""

    model = TouchpointType
    serializer_class = TouchpointTypeSerializer
    filterset_fields = ("key", "is_active")
    permissions = {"list": Permission.VIEW_MATRIX, "retrieve": Permission.VIEW_MATRIX}

    def visible(self, person: User) -> QuerySet[TouchpointType]:
        return touchpoint_types_of(person)


class PromiseFilter(django_filters.FilterSet):
    version = NumberOfRow(field_name="version_id")
    status = django_filters.ChoiceFilter(field_name="version__status", choices=MatrixVersion.Status.choices, label="Of the matrix version.")
    segment = NumberOfRow(field_name="segment_id")
    touchpoint_type = NumberOfRow(field_name="touchpoint_type_id")

    class Meta:
        model = Promise
        fields: tuple[str, ...] = ()


class PromiseViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """Cells of the matrix. Only a draft can be written, and only as it was read: every write raises its revision."""

    model = Promise
    serializer_class = PromiseSerializer
    filterset_class = PromiseFilter
    permissions = {
        "list": Permission.VIEW_MATRIX,
        "retrieve": Permission.VIEW_MATRIX,
        "create": Permission.EDIT_MATRIX,
        "destroy": Permission.EDIT_MATRIX,
    }
    # Its segment left the scheme after the request was read.
    refusals = {DraftChanged: CHANGED, CellGone: CHANGED}

    def visible(self, person: User) -> QuerySet[Promise]:
        return Promise.objects.filter(firm_id=person.firm_id)

    def create(self, request: Request) -> Response:
        """Write a cell of a draft: what was promised there is replaced."""
        values = self.checked(request)
        cell = {name: values[name] for name in ("version", "revision", "segment", "touchpoint_type")}
        own = values.pop("own_channel")
        terms = PromiseTerms(**{term: values[term] for term in TERMS if term != "own_channel_id"}, own_channel_id=own.pk if own else None)
        try:
            check_said(terms)
            promise = write_cell_as_read(**cell, terms=terms, by=self.person)
        except InvalidPromise as refusal:
            raise exceptions.ValidationError(refusal.errors) from None
        except CellGone as gone:
            if gone.is_segment:
                raise
            raise exceptions.ValidationError({"touchpoint_type": [_("This touchpoint type is no longer in use.")]}) from None
        return self.answer(promise, created=True)

    @extend_schema(parameters=[REVISION])
    def destroy(self, request: Request, pk: str) -> Response:
        """Empty a cell of a draft."""
        promise, revision = self.get_object(), read_revision(request.query_params)
        clear_promise(version=promise.version, revision=revision, segment=promise.segment, touchpoint_type=promise.touchpoint_type, by=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)
