"""Every address of the REST API. Each room brings its resources."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from clients.api import ClientViewSet, InteractionViewSet, PersonViewSet, SavedFilterViewSet
from clients.follow_up_api import FollowUpViewSet
from clients.record_api import AmountViewSet, AttributeViewSet, LifeEventViewSet, ReferralViewSet
from clients.transfer_api import TransferViewSet
from firms.absence_api import AbsenceViewSet, PlanningView
from firms.api import FirmAPIView, UnknownAddress
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.api import AssignmentViewSet, SchemeViewSet, SegmentViewSet
from segmentation.version_api import PublicationJobViewSet, SchemeVersionViewSet
from service_matrix.api import PromiseViewSet, TouchpointTypeViewSet
from service_matrix.overlay_api import ClientPromisesViewSet, ProfileRuleViewSet, PromiseExceptionViewSet
from service_matrix.template_api import FirmChannelViewSet, StrategyTemplateViewSet
from service_matrix.version_api import MatrixVersionViewSet
from touchpoints.api import TouchpointViewSet
from touchpoints.audit_api import ServiceAuditView


class Schema(FirmAPIView, SpectacularAPIView):
    """The OpenAPI description of this API."""

    permissions = {"get": Permission.SIGNED_IN}


@firm_view(Permission.SIGNED_IN)
@require_safe
def documentation(request: FirmRequest) -> HttpResponse:
    return render(request, "api/documentation.html")


router = SimpleRouter()
router.register("clients", ClientViewSet, basename="api-client")
router.register("people", PersonViewSet, basename="api-person")
router.register("interactions", InteractionViewSet, basename="api-interaction")
router.register("follow-ups", FollowUpViewSet, basename="api-follow-up")
router.register("transfers", TransferViewSet, basename="api-transfer")
router.register("life-events", LifeEventViewSet, basename="api-life-event")
router.register("referrals", ReferralViewSet, basename="api-referral")
router.register("amounts", AmountViewSet, basename="api-amount")
router.register("attributes", AttributeViewSet, basename="api-attribute")
router.register("saved-filters", SavedFilterViewSet, basename="api-saved-filter")
router.register("schemes", SchemeViewSet, basename="api-scheme")
router.register("scheme-versions", SchemeVersionViewSet, basename="api-scheme-version")
router.register("scheme-publications", PublicationJobViewSet, basename="api-scheme-publication")
router.register("segments", SegmentViewSet, basename="api-segment")
router.register("assignments", AssignmentViewSet, basename="api-assignment")
router.register("touchpoint-types", TouchpointTypeViewSet, basename="api-touchpoint-type")
router.register("matrix-versions", MatrixVersionViewSet, basename="api-matrix-version")
router.register("strategy-templates", StrategyTemplateViewSet, basename="api-strategy-template")
router.register("channels", FirmChannelViewSet, basename="api-channel")
router.register("promises", PromiseViewSet, basename="api-promise")
router.register("client-promises", ClientPromisesViewSet, basename="api-client-promises")
router.register("promise-exceptions", PromiseExceptionViewSet, basename="api-promise-exception")
router.register("profile-rules", ProfileRuleViewSet, basename="api-profile-rule")
router.register("absences", AbsenceViewSet, basename="api-absence")
router.register("touchpoints", TouchpointViewSet, basename="api-touchpoint")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", Schema.as_view(), name="api-schema"),
    path("docs/", documentation, name="api-docs"),
    path("planning/", PlanningView.as_view(), name="api-planning"),
    path("service-audit/", ServiceAuditView.as_view(), name="api-service-audit"),
    *router.urls,
    re_path(r"^(?P<address>[\s\S]*)$", UnknownAddress.as_view(), name="api-unknown"),
]
