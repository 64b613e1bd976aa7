from django.urls import URLPattern, URLResolver, path

from touchpoints import dashboard_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", dashboard_views.home, name="home"),
    path("queue/", views.queue, name="queue"),
    path("queue/<int:touchpoint_id>/", views.queue_touchpoint, name="queue_touchpoint"),
    path("queue/<int:touchpoint_id>/complete/", views.touchpoint_complete, name="touchpoint_complete"),
    path("queue/<int:touchpoint_id>/snooze/", views.touchpoint_snooze, name="touchpoint_snooze"),
    path("queue/<int:touchpoint_id>/skip/", views.touchpoint_skip, name="touchpoint_skip"),
    path("queue/<int:touchpoint_id>/claim/", views.touchpoint_claim, name="touchpoint_claim"),
    path("queue/<int:touchpoint_id>/release/", views.touchpoint_release, name="touchpoint_release"),
    path("queue/<int:touchpoint_id>/reopen/", views.touchpoint_reopen, name="touchpoint_reopen"),
]
