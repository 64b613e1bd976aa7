from django.urls import path

from segmentation.views import editing, exceptions, history, publishing, reassessing, reviewing, schemes, segments, yearly

urlpatterns = [
    path("", schemes.scheme_list, name="scheme_list"),
    path("new/", schemes.scheme_create, name="scheme_create"),
    path("new/own/", schemes.scheme_own, name="scheme_own"),
    path("<int:pk>/", schemes.scheme_detail, name="scheme_detail"),
    path("<int:pk>/draft/", editing.scheme_edit, name="scheme_edit"),
    path("<int:pk>/draft/start/", editing.scheme_draft_start, name="scheme_draft_start"),
    path("<int:pk>/draft/preview/", editing.scheme_preview, name="scheme_preview"),
    path("<int:pk>/draft/publish/", publishing.scheme_publish, name="scheme_publish"),
    path("<int:pk>/draft/discard/", schemes.scheme_discard, name="scheme_discard"),
    path("<int:pk>/publication/<int:job_pk>/", publishing.scheme_publication, name="scheme_publication"),
    path("<int:pk>/service/", schemes.scheme_make_service, name="scheme_make_service"),
    path("<int:pk>/history/", history.scheme_history, name="scheme_history"),
    path("<int:pk>/history/export/", history.scheme_history_export, name="scheme_history_export"),
    path("<int:pk>/review/", yearly.scheme_review, name="scheme_review"),
    path("review/", reviewing.drift_list, name="drift_list"),
    path("review/decide/", reviewing.drift_decide, name="drift_decide"),
    path("review/undo/", reviewing.drift_undo, name="drift_undo"),
    path("review/overrides/", exceptions.override_list, name="override_list"),
    path("review/reassessments/", reassessing.reassessment_list, name="reassessment_list"),
    path("review/reassessments/keep/", reassessing.reassessment_keep, name="reassessment_keep"),
    path("clients/<int:client_pk>/<int:scheme_pk>/reassess/", reassessing.client_reassess, name="client_reassess"),
    path("segments/<int:pk>/", segments.segment_edit, name="segment_edit"),
    path("clients/<int:client_pk>/<int:scheme_pk>/override/", segments.segment_override, name="segment_override"),
    path("clients/<int:client_pk>/<int:scheme_pk>/override/end/", segments.segment_override_end, name="segment_override_end"),
]
