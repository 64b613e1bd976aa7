from django.urls import URLPattern, URLResolver, path

from messaging import preference_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("notices/", views.notice_list, name="notice_list"),
    path("notices/read/", views.notices_read, name="notices_read"),
    path("notices/<int:pk>/", views.notice_open, name="notice_open"),
    path("profile/notices/", preference_views.preferences, name="preferences"),
    path("unsubscribe/<str:key>/", preference_views.unsubscribe, name="unsubscribe"),
    path("e-mails/", views.outbox_list, name="outbox_list"),
    path("e-mails/resend/", views.outbox_resend, name="outbox_resend"),
    path("e-mails/discard/", views.outbox_discard, name="outbox_discard"),
]
