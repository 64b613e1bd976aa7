from django.urls import URLPattern, URLResolver, path

from touchpoints import bulk_views, capacity_views, dashboard_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", dashboard_views.home, name="home"),
    path("capacity/people/", capacity_views.capacity_people, name="capacity_people"),
    path("capacity/weeks/", capacity_views.capacity_weeks, name="capacity_weeks"),
    path("capacity/economics/", capacity_views.economics, name="economics"),
    path("capacity/economics/over/", capacity_views.economics_served, {"over": True}, name="economics_over"),
    path("capacity/economics/under/", capacity_views.economics_served, {"over": False}, name="economics_under"),
    path("queue/", views.queue, name="queue"),
    path("queue/<int:touchpoint_id>/", views.queue_touchpoint, name="queue_touchpoint"),
    path("queue/<int:touchpoint_id>/complete/", views.touchpoint_complete, name="touchpoint_complete"),
    path("queue/<int:touchpoint_id>/snooze/", views.touchpoint_snooze, name="touchpoint_snooze"),
    path("queue/<int:touchpoint_id>/skip/", views.touchpoint_skip, name="touchpoint_skip"),
    path("queue/<int:touchpoint_id>/claim/", views.touchpoint_claim, name="touchpoint_claim"),
    path("queue/<int:touchpoint_id>/release/", views.touchpoint_release, name="touchpoint_release"),
    path("queue/<int:touchpoint_id>/reassign/", views.touchpoint_reassign, name="touchpoint_reassign"),
    path("queue/undo/", views.queue_undo, name="queue_undo"),
    path("queue/bulk/", bulk_views.queue_bulk, name="queue_bulk"),
    path("queue/counts/", views.queue_counts, name="queue_counts"),
]
