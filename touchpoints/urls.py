from django.urls import URLPattern, URLResolver, path

from touchpoints import capacity_views, dashboard_views, feed_views, service_calendar_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", dashboard_views.home, name="home"),
    path("capacity/people/", capacity_views.capacity_people, name="capacity_people"),
    path("capacity/weeks/", capacity_views.capacity_weeks, name="capacity_weeks"),
    path("capacity/economics/", capacity_views.economics, name="economics"),
    path("capacity/economics/over/", capacity_views.economics_served, {"over": True}, name="economics_over"),
    path("capacity/economics/under/", capacity_views.economics_served, {"over": False}, name="economics_under"),
    path("clients/<int:pk>/calendar/", service_calendar_views.client_calendar, name="client_calendar"),
    path("clients/<int:pk>/calendar.pdf", service_calendar_views.client_calendar_pdf, name="client_calendar_pdf"),
    path("clients/<int:pk>/calendar/share/", service_calendar_views.client_calendar_share, name="client_calendar_share"),
    path("clients/<int:pk>/calendar/stop/", service_calendar_views.client_calendar_stop, name="client_calendar_stop"),
    path("shared/<str:key>/", service_calendar_views.shared_calendar, name="shared_calendar"),
    path("shared/<str:key>/calendar.pdf", service_calendar_views.shared_calendar_pdf, name="shared_calendar_pdf"),
    path("shared/<str:key>/calendar.ics", service_calendar_views.shared_calendar_feed, name="shared_calendar_feed"),
    path("calendar/feed/", feed_views.own_feed, name="own_feed"),
    path("calendar/feed/close/", feed_views.own_feed_close, name="own_feed_close"),
    path("feeds/<str:key>.ics", feed_views.person_feed, name="person_feed"),
    path("queue/", views.queue, name="queue"),
    path("queue/<int:touchpoint_id>/", views.queue_touchpoint, name="queue_touchpoint"),
    path("queue/<int:touchpoint_id>/complete/", views.touchpoint_complete, name="touchpoint_complete"),
    path("queue/<int:touchpoint_id>/snooze/", views.touchpoint_snooze, name="touchpoint_snooze"),
    path("queue/<int:touchpoint_id>/skip/", views.touchpoint_skip, name="touchpoint_skip"),
    path("queue/<int:touchpoint_id>/claim/", views.touchpoint_claim, name="touchpoint_claim"),
    path("queue/<int:touchpoint_id>/release/", views.touchpoint_release, name="touchpoint_release"),
    path("queue/<int:touchpoint_id>/reopen/", views.touchpoint_reopen, name="touchpoint_reopen"),
]
