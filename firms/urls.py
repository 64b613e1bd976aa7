from django.urls import URLPattern, URLResolver, path

from firms import views
from firms.language import set_language

urlpatterns: list[URLPattern | URLResolver] = [
    path("profile/", views.profile, name="profile"),
    path("language/", set_language, name="set_language"),
]
