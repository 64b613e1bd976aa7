"""The service audit for programs."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.queries import visible_to
from firms.api import FirmAPIView
from firms.calendar import local_time
from firms.permissions import Permission
from firms.row_numbers import read_row_number
from touchpoints.audit import By, Place, audit_service
from touchpoints.audit_filters import CHOICES, Asked, BadPeriod, read_period
from touchpoints.audit_words import as_json
from touchpoints.queries import touchpoints_visible_to


class FiguresSerializer(serializers.Serializer[object]):
    promised = serializers.IntegerField(help_text="Touchpoints due in the period that were not cancelled.")
    delivered_on_time = serializers.IntegerField(help_text="Delivered before their window ended.")
    delivered_late = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="Not delivered by decision, with a reason.")
    missed = serializers.IntegerField()
    open = serializers.IntegerField()
    no_longer_promised = serializers.IntegerField(help_text="Cancelled: not part of what was promised.")
    kept_ratio = serializers.FloatField(allow_null=True, help_text="On time, of those on time, late or missed; null while there are none.")


class MonthSerializer(FiguresSerializer):
    month = serializers.DateField(help_text="Its first day.")


class AuditLineSerializer(FiguresSerializer):
    id = serializers.IntegerField(help_text="Of the segment, adviser, touchpoint type or client.")
    name = serializers.CharField()


class ClientsMetSerializer(serializers.Serializer[object]):
    to_meet = serializers.IntegerField(help_text="Clients who were to be met or called, where that was kept or broken.")
    met = serializers.IntegerField()
    missed = serializers.IntegerField(help_text="For whom at least one meeting or call was missed.")
    late = serializers.IntegerField(help_text="Met, but at least once late.")


class ServiceAuditSerializer(serializers.Serializer[object]):
    totals = FiguresSerializer()
    clients = ClientsMetSerializer()
    months = MonthSerializer(many=True)
    lines = AuditLineSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Sent as `after`, gives the next lines; only clients come in pages.")

    def get_fields(self) -> dict[str, Any]:
        # `from` cannot be the name of an attribute.
        return {
            "from": serializers.DateField(),
            "to": serializers.DateField(),
            "by": serializers.ChoiceField(choices=By.choices),
            **super().get_fields(),
        }


_ROWS = [OpenApiParameter(name, int, description=f"Only this {name.replace('type', 'touchpoint type')}.") for name in CHOICES]


class ServiceAuditView(FirmAPIView):
    """Of what was promised to the clients you may see in a period: what was delivered, late, skipped, missed, or is still open."""

    permissions = {"get": Permission.VIEW_AUDIT}

    @extend_schema(
        parameters=[
            OpenApiParameter("from", str, description="First day, as 2026-01-31. Without both days: the last twelve months."),
            OpenApiParameter("to", str, description="Last day, included."),
            OpenApiParameter("by", str, enum=By.values, description="What the lines are; without it, segments."),
            *_ROWS,
            OpenApiParameter("after", str, description="The `next` of the page before."),
        ],
        responses=ServiceAuditSerializer,
    )
    def get(self, request: Request) -> Response:
        """Promised and delivered in a period."""
        firm = self.person.firm
        today = local_time(firm).date()
        asked = self._asked(request, today)
        seen = asked.narrow(touchpoints_visible_to(self.person))
        place = Place.parse(request.query_params.get("after", ""))
        return Response(as_json(audit_service(firm=firm, seen=seen, period=asked.period, by=asked.by, today=today, after=place)))

    def _asked(self, request: Request, today: Any) -> Asked:
        """What a page forgives, a program is told."""
        query = request.query_params.dict()
        try:
            read_period(query.get("from", ""), query.get("to", ""), today=today)
        except BadPeriod as refusal:
            raise exceptions.ValidationError({"from": [str(refusal)]}) from None
        if query.get("by", By.SEGMENT) not in By.values:
            raise exceptions.ValidationError({"by": [f"{', '.join(By.values)}?"]})
        wrong = [name for name in CHOICES if name in query and not read_row_number(query[name])]
        if wrong:
            raise exceptions.ValidationError({name: [_("Give a whole number.")] for name in wrong})
        asked = Asked.of(query, today=today)
        client_id = asked.of_choice("client")
        if client_id is not None and not visible_to(self.person).filter(pk=client_id).exists():
            raise exceptions.NotFound
        return asked
