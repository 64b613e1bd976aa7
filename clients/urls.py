from django.urls import URLPattern, URLResolver, include, path

from clients import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.client_list, name="client_list"),
    path("search/", views.search, name="search"),
    path("imports/", include("clients.import_urls")),
    path("new/", views.client_create, name="client_create"),
    path("export.csv", views.client_export, {"kind": "csv"}, name="client_export_csv"),
    path("export.xlsx", views.client_export, {"kind": "xlsx"}, name="client_export_xlsx"),
    path("<int:pk>/", views.client_detail, name="client_detail"),
    path("<int:pk>/year/", views.client_year, name="client_year"),
    path("<int:pk>/interactions/", views.client_interactions, name="client_interactions"),
    path("<int:pk>/people/", views.client_people, name="client_people"),
    path("<int:pk>/history/", views.client_history, name="client_history"),
    path("<int:pk>/edit/", views.client_edit, name="client_edit"),
    path("<int:pk>/archive/", views.client_archive, name="client_archive"),
    path("<int:pk>/restore/", views.client_restore, name="client_restore"),
    path("<int:pk>/status/", views.client_status, name="client_status"),
    path("<int:pk>/interactions/new/", views.interaction_create, name="interaction_create"),
    path("<int:pk>/people/new/", views.person_create, name="person_create"),
    path("people/<int:pk>/edit/", views.person_edit, name="person_edit"),
    path("people/<int:pk>/primary/", views.person_primary, name="person_primary"),
    path("people/<int:pk>/remove/", views.person_remove, name="person_remove"),
]
