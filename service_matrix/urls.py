from django.urls import path

from service_matrix import channel_views, overlay_views, type_views, version_views, views

urlpatterns = [
    path("", views.matrix, name="matrix"),
    path("draft/", views.matrix_draft_start, name="matrix_draft_start"),
    path("draft/discard/", views.matrix_discard, name="matrix_discard"),
    path("draft/answering/", views.matrix_reactive, name="matrix_reactive"),
    path("channels/", channel_views.channel_list, name="channel_list"),
    path("channels/new/", channel_views.channel_create, name="channel_create"),
    path("channels/<int:pk>/", channel_views.channel_edit, name="channel_edit"),
    path("draft/publish/", version_views.matrix_publish, name="matrix_publish"),
    path("draft/effect/", version_views.matrix_effect, name="matrix_effect"),
    path("versions/", version_views.matrix_versions, name="matrix_versions"),
    path("versions/<int:pk>/", version_views.matrix_version, name="matrix_version"),
    path("versions/<int:pk>/return/", version_views.matrix_roll_back, name="matrix_roll_back"),
    path("versions/<int:pk>/call-off/", version_views.matrix_call_off, name="matrix_call_off"),
    path("draft/<int:type_pk>/<int:segment_pk>/", views.promise_edit, name="promise_edit"),
    path("profiles/", overlay_views.matrix_profiles, name="matrix_profiles"),
    path("draft/profiles/", overlay_views.matrix_overlay, name="matrix_overlay"),
    path("draft/profiles/propose/", overlay_views.matrix_propose, name="matrix_propose"),
    path("draft/profiles/<int:profile_pk>/", overlay_views.profile_rule, name="profile_rule_create"),
    path("draft/profiles/<int:profile_pk>/<int:pk>/", overlay_views.profile_rule, name="profile_rule_edit"),
    path("exceptions/", overlay_views.promise_exceptions, name="promise_exceptions"),
    path("exceptions/<int:pk>/end/", overlay_views.promise_exception_end, name="promise_exception_end"),
    path("clients/<int:client_pk>/exception/", overlay_views.promise_exception, name="promise_exception"),
    path("types/", type_views.touchpoint_type_list, name="touchpoint_type_list"),
    path("types/restore/", type_views.touchpoint_type_restore, name="touchpoint_type_restore"),
    path("types/new/", type_views.touchpoint_type_create, name="touchpoint_type_create"),
    path("types/<int:pk>/", type_views.touchpoint_type_edit, name="touchpoint_type_edit"),
]
