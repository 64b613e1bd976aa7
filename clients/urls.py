from django.urls import URLPattern, URLResolver, include, path

from clients import assign_views, filter_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.client_list, name="client_list"),
    path("search/", views.search, name="search"),
    path("imports/", include("clients.import_urls")),
    path("new/", views.client_create, name="client_create"),
    path("export.csv", views.client_export, {"kind": "csv"}, name="client_export_csv"),
    path("export.xlsx", views.client_export, {"kind": "xlsx"}, name="client_export_xlsx"),
    path("filters/", filter_views.filter_list, name="filter_list"),
    path("filters/new/", filter_views.filter_create, name="filter_create"),
    path("filters/<int:pk>/", filter_views.filter_edit, name="filter_edit"),
    path("filters/<int:pk>/delete/", filter_views.filter_delete, name="filter_delete"),
    path("conditions/<slug:prefix>/", filter_views.condition_builder, name="condition_builder"),
    path("conditions/<slug:prefix>/count/", filter_views.condition_count, name="condition_count"),
    path("assign/", assign_views.assign_adviser, name="assign_adviser"),
    path("assign/<int:pk>/", assign_views.assign_progress, name="assign_progress"),
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
