from django.urls import URLPattern, URLResolver, path

from messaging import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("notices/", views.notice_list, name="notice_list"),
    path("notices/read/", views.notices_read, name="notices_read"),
    path("notices/<int:pk>/", views.notice_open, name="notice_open"),
]
