from django.urls import path

from service_matrix import views

urlpatterns = [
    path("", views.matrix, name="matrix"),
    path("draft/", views.matrix_draft_start, name="matrix_draft_start"),
    path("draft/discard/", views.matrix_discard, name="matrix_discard"),
    path("draft/publish/", views.matrix_publish, name="matrix_publish"),
    path("draft/<int:type_pk>/<int:segment_pk>/", views.promise_edit, name="promise_edit"),
    path("types/", views.touchpoint_type_list, name="touchpoint_type_list"),
    path("types/restore/", views.touchpoint_type_restore, name="touchpoint_type_restore"),
    path("types/new/", views.touchpoint_type_create, name="touchpoint_type_create"),
    path("types/<int:pk>/", views.touchpoint_type_edit, name="touchpoint_type_edit"),
]
