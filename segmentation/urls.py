from django.urls import path

from segmentation import views

urlpatterns = [
    path("", views.scheme_list, name="scheme_list"),
    path("new/", views.scheme_create, name="scheme_create"),
    path("new/own/", views.scheme_own, name="scheme_own"),
    path("<int:pk>/", views.scheme_detail, name="scheme_detail"),
    path("<int:pk>/draft/", views.scheme_edit, name="scheme_edit"),
    path("<int:pk>/draft/start/", views.scheme_draft_start, name="scheme_draft_start"),
    path("<int:pk>/draft/preview/", views.scheme_preview, name="scheme_preview"),
    path("<int:pk>/draft/publish/", views.scheme_publish, name="scheme_publish"),
    path("<int:pk>/draft/discard/", views.scheme_discard, name="scheme_discard"),
    path("<int:pk>/publication/<int:job_pk>/", views.scheme_publication, name="scheme_publication"),
    path("<int:pk>/service/", views.scheme_make_service, name="scheme_make_service"),
    path("segments/<int:pk>/", views.segment_edit, name="segment_edit"),
    path("clients/<int:client_pk>/<int:scheme_pk>/override/", views.segment_override, name="segment_override"),
    path("clients/<int:client_pk>/<int:scheme_pk>/override/end/", views.segment_override_end, name="segment_override_end"),
]
