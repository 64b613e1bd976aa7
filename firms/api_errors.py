"""How the REST API says that something is wrong: one shape of errors, whatever raised them, and its place in the description."""

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.signals import got_request_exception
from django.db import IntegrityError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

logger = logging.getLogger(__name__)


def error_body(*, code: str, message: str, fields: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """The one shape of every error."""
    named = {name: [_writable(fault) for fault in faults] for name, faults in (fields or {}).items()}
    return {"error": {"code": code, "message": _writable(message), "fields": named}}


def _writable(text: str) -> str:
    """Words may quote what was sent, and half a surrogate pair cannot be sent back."""
    return text.encode(errors="backslashreplace").decode()


def too_large_body() -> dict[str, Any]:
    return error_body(code="too_large", message=_("This request is too large."))


def answer_error(error: Exception, context: Mapping[str, Any]) -> Response:
    """REST framework swallows exceptions, so the transaction is told here that nothing of it may stay."""
    request: Request | None = context.get("request")
    if request is not None:
        request._request.failed = True  # type: ignore[attr-defined]
    refusals = getattr(context.get("view"), "refusals", {})
    for refusal, (code, words) in refusals.items():
        if isinstance(error, refusal):
            return Response(error_body(code=_snake(type(error).__name__), message=str(words or error)), status=code)
    if isinstance(error, exceptions.APIException):
        return _answer_api_exception(error)
    if isinstance(error, Http404):
        return _answer_api_exception(exceptions.NotFound())
    if isinstance(error, DjangoPermissionDenied):
        return _answer_api_exception(exceptions.PermissionDenied())
    if isinstance(error, DjangoValidationError):
        return _answer_api_exception(exceptions.ValidationError(error.message_dict if hasattr(error, "error_dict") else error.messages))
    if isinstance(error, IntegrityError):
        words = _("This contradicts what is stored already: a reference used twice, or a row that is gone.")
        return Response(error_body(code="conflict", message=words), status=status.HTTP_409_CONFLICT)
    if isinstance(error, RequestDataTooBig):
        return Response(too_large_body(), status=status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)
    if isinstance(error, SuspiciousOperation):
        return _answer_api_exception(exceptions.ParseError())
    logger.error("api_failure", exc_info=error)
    got_request_exception.send(sender=None, request=request._request if request is not None else None)
    words = _("Something went wrong on our side. Nothing was changed.")
    return Response(error_body(code="failure", message=words), status=status.HTTP_500_INTERNAL_SERVER_ERROR)


def _answer_api_exception(error: exceptions.APIException) -> Response:
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = f"{wait:.0f}"
    if isinstance(error, exceptions.ValidationError):
        body = error_body(code="invalid", message=_("Some values are not valid."), fields=dict(_fields(error.detail)))
    else:
        body = error_body(code=str(getattr(error.detail, "code", error.default_code)), message=str(error.detail))
    return Response(body, status=error.status_code, headers=headers)


def _fields(detail: Any, path: str = "") -> list[tuple[str, list[str]]]:
    """Errors by field; what concerns the whole is under `non_field_errors`, what is inside another under `outer.inner`."""
    if isinstance(detail, Mapping):
        named = {"non_field_errors" if name == NON_FIELD_ERRORS else str(name): inner for name, inner in detail.items()}
        return [pair for name, inner in named.items() for pair in _fields(inner, f"{path}.{name}" if path else name)]
    if isinstance(detail, list) and any(isinstance(each, (dict, list)) for each in detail):
        return [pair for number, inner in enumerate(detail) for pair in _fields(inner, f"{path}.{number}" if path else str(number))]
    return [(path or "non_field_errors", [str(each) for each in (detail if isinstance(detail, list) else [detail])])]


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "fields"],
            "properties": {
                "code": {"type": "string", "description": "A stable word for programs: `invalid`, `not_found`, `already_handled`…"},
                "message": {"type": "string", "description": "A sentence for people, in the language asked for."},
                "fields": {
                    "type": "object",
                    "description": "What is wrong with each field of the request, by its name.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}
_EVERYWHERE = {
    "400": "The request cannot be read, has a parameter that is not described, or some of its values are not valid: `fields` says which and why.",
    "401": "No valid session or API key.",
    "403": "The person, or the key, may not do this.",
    "404": "There is no such object, or the person does not see it.",
    "406": "Only JSON is spoken here.",
    "429": "Too many requests: `Retry-After` says how many seconds to wait.",
    "500": "Our fault; nothing was changed.",
}
_ON_WRITING = {
    "409": "Someone else was first, or it contradicts what is stored; nothing was changed.",
    "413": "The request is too large.",
    "415": "Send JSON.",
}


def document_errors(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: every operation may answer an error, always in the same shape."""
    result["components"]["schemas"]["Error"] = ERROR_SCHEMA
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for operations in result["paths"].values():
        for method, operation in operations.items():
            answers = _EVERYWHERE | ({} if method == "get" else _ON_WRITING)
            for code, words in answers.items():
                operation["responses"].setdefault(code, {"description": words, "content": content})
    return result
