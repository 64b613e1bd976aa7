"""An upload over the limit is answered from its announced size, before a byte of it is read or kept."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from clients.importing.reading import MOST_BYTES
from firms.api_errors import too_large_body

# What a form adds around its file.
ENVELOPE = 1_000_000


class UploadLimitMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isdecimal() and int(announced) > MOST_BYTES + ENVELOPE:
            if request.path.startswith("/api/"):
                return JsonResponse(too_large_body(), status=413)
            from clients.import_views import refuse_large_upload

            return refuse_large_upload(request)
        return self.get_response(request)
