from django.urls import path

from segmentation.views import editing, publishing, schemes, segments

urlpatterns = [
    path("", schemes.scheme_list, name="scheme_list"),
    path("new/", schemes.scheme_create, name="scheme_create"),
    path("new/own/", schemes.scheme_own, name="scheme_own"),
    path("<int:pk>/", schemes.scheme_detail, name="scheme_detail"),
    path("<int:pk>/plane/", schemes.scheme_plane, name="scheme_plane"),
    path("<int:pk>/moves/", schemes.scheme_moves, name="scheme_moves"),
    path("<int:pk>/draft/", editing.scheme_edit, name="scheme_edit"),
    path("<int:pk>/draft/start/", editing.scheme_draft_start, name="scheme_draft_start"),
    path("<int:pk>/draft/preview/", editing.scheme_preview, name="scheme_preview"),
    path("<int:pk>/draft/publish/", publishing.scheme_publish, name="scheme_publish"),
    path("<int:pk>/draft/discard/", schemes.scheme_discard, name="scheme_discard"),
    path("<int:pk>/publication/<int:job_pk>/", publishing.scheme_publication, name="scheme_publication"),
    path("<int:pk>/service/", schemes.scheme_make_service, name="scheme_make_service"),
    path("segments/<int:pk>/", segments.segment_edit, name="segment_edit"),
    path("clients/<int:client_pk>/<int:scheme_pk>/override/", segments.segment_override, name="segment_override"),
    path("clients/<int:client_pk>/<int:scheme_pk>/override/end/", segments.segment_override_end, name="segment_override_end"),
]
