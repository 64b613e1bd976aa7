"""Every address of the product. Each room brings its own."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from advisory_crm.gallery import gallery

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("firms.urls")),
    path("account/", include("allauth.urls")),
    path("", include("messaging.urls")),
    path("clients/", include("clients.urls")),
    path("segmentation/", include("segmentation.urls")),
    path("matrix/", include("service_matrix.urls")),
    path("capacity/", include("service_matrix.capacity_urls")),
    path("", include("touchpoints.urls")),
    path("api/v1/", include("advisory_crm.api")),
]

if not settings.PRODUCTION:
    urlpatterns += [path("gallery/", gallery, name="gallery")]

if settings.DEBUG:
    from django.contrib.staticfiles.urls import staticfiles_urlpatterns

    urlpatterns += staticfiles_urlpatterns()
