from django.urls import URLPattern, URLResolver, path

from touchpoints import audit_views, capacity_views, dashboard_views, gap_views, views
from touchpoints.gaps import SILENT, SOON

urlpatterns: list[URLPattern | URLResolver] = [
    path("", dashboard_views.home, name="home"),
    path("dashboard/gaps/", dashboard_views.home_gaps, name="home_gaps"),
    path("dashboard/figures/", dashboard_views.home_figures, name="home_figures"),
    path("capacity/people/", capacity_views.capacity_people, name="capacity_people"),
    path("capacity/weeks/", capacity_views.capacity_weeks, name="capacity_weeks"),
    path("capacity/economics/", capacity_views.economics, name="economics"),
    path("capacity/economics/over/", capacity_views.economics_served, {"over": True}, name="economics_over"),
    path("capacity/economics/under/", capacity_views.economics_served, {"over": False}, name="economics_under"),
    path("audit/", audit_views.service_audit, name="service_audit"),
    path("audit/evidence/", audit_views.service_audit_evidence, name="service_audit_evidence"),
    path("audit/audit.pdf", audit_views.service_audit_export, {"kind": "pdf"}, name="service_audit_pdf"),
    path("audit/audit.xlsx", audit_views.service_audit_export, {"kind": "xlsx"}, name="service_audit_xlsx"),
    path("audit/audit.csv", audit_views.service_audit_export, {"kind": "csv"}, name="service_audit_csv"),
    path("gaps/", gap_views.gap_list, {"view": SILENT}, name="gap_list"),
    path("gaps/soon/", gap_views.gap_list, {"view": SOON}, name="gap_soon"),
    path("gaps/windows/", gap_views.gap_windows, name="gap_windows"),
    path("queue/", views.queue, name="queue"),
    path("queue/<int:touchpoint_id>/", views.queue_touchpoint, name="queue_touchpoint"),
    path("queue/<int:touchpoint_id>/complete/", views.touchpoint_complete, name="touchpoint_complete"),
    path("queue/<int:touchpoint_id>/snooze/", views.touchpoint_snooze, name="touchpoint_snooze"),
    path("queue/<int:touchpoint_id>/skip/", views.touchpoint_skip, name="touchpoint_skip"),
    path("queue/<int:touchpoint_id>/claim/", views.touchpoint_claim, name="touchpoint_claim"),
    path("queue/<int:touchpoint_id>/release/", views.touchpoint_release, name="touchpoint_release"),
    path("queue/<int:touchpoint_id>/reopen/", views.touchpoint_reopen, name="touchpoint_reopen"),
]
