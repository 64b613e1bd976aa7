from django.urls import path

from clients import import_views as views

urlpatterns = [
    path("", views.import_list, name="import_list"),
    path("<int:pk>/", views.import_detail, name="import_detail"),
    path("<int:pk>/mapping/", views.import_mapping, name="import_mapping"),
    path("<int:pk>/progress/", views.import_progress, name="import_progress"),
    path("<int:pk>/rows.<extension>", views.import_rows, name="import_rows"),
    path("<int:pk>/undo/", views.import_undo, name="import_undo"),
    path("<int:pk>/discard/", views.import_discard, name="import_discard"),
    path("merges/", views.merge_list, name="merge_list"),
    path("merges/<int:pk>/", views.merge_decide, name="merge_decide"),
]
