from django.urls import path

from service_matrix import channel_views, views

urlpatterns = [
    path("", views.matrix, name="matrix"),
    path("draft/", views.matrix_draft_start, name="matrix_draft_start"),
    path("draft/discard/", views.matrix_discard, name="matrix_discard"),
    path("draft/answering/", views.matrix_reactive, name="matrix_reactive"),
    path("channels/", channel_views.channel_list, name="channel_list"),
    path("channels/new/", channel_views.channel_create, name="channel_create"),
    path("channels/<int:pk>/", channel_views.channel_edit, name="channel_edit"),
    path("draft/publish/", views.matrix_publish, name="matrix_publish"),
    path("draft/<int:type_pk>/<int:segment_pk>/", views.promise_edit, name="promise_edit"),
    path("types/", views.touchpoint_type_list, name="touchpoint_type_list"),
    path("types/restore/", views.touchpoint_type_restore, name="touchpoint_type_restore"),
    path("types/new/", views.touchpoint_type_create, name="touchpoint_type_create"),
    path("types/<int:pk>/", views.touchpoint_type_edit, name="touchpoint_type_edit"),
]
