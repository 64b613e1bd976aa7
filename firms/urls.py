from django.urls import URLPattern, URLResolver, path

from firms import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("profile/", views.profile, name="profile"),
]
