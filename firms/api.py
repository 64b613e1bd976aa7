"""The foundation of the REST API: who calls, what a view asks for, how lists continue. How errors read: api_errors.py.

A resource lives in its room's `api.py` and calls the same domain functions as the pages. `FirmViewSet` refuses to load when a
resource leaves the permission of one of its actions unsaid.
"""

import functools
import json
import zoneinfo
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

import django_filters
import pghistory
from django import forms
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend
from django_stubs_ext import StrPromise
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, serializers, status
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from firms.formats import language_code
from firms.models import ApiToken, User
from firms.permissions import Permission
from firms.row_numbers import read_row_number
from firms.tokens import WRITE, authenticate_token

SAFE = frozenset({"GET", "HEAD"})
LARGEST_ID = 2**63 - 1


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer crm_…`. From here on the request's transaction is inside the token's firm."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _space, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = authenticate_token(text.strip())
        if found is None:
            raise exceptions.AuthenticationFailed(_("This API key is unknown, expired or revoked."))
        user, token = found
        request._request.firm = user.firm  # type: ignore[attr-defined]
        if "HTTP_ACCEPT_LANGUAGE" not in request.META:
            translation.activate(language_code(user.language, region=user.firm.region))
        # The language and time zone middleware put back what was there when the request ends.
        timezone.activate(zoneinfo.ZoneInfo(user.time_zone or user.firm.time_zone))
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key made under Settings › API keys, sent as `Authorization: Bearer crm_…`. It acts as the person who made it; "
            "a key of scope “read” may only read. It expires on its day and can be revoked.",
        }


class AsDeclared(BasePermission):
    """The permission that the view declares for this action, and for keys the scope."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        # Without a declared action there is nothing to ask for: the method is answered 405 just after.
        asked = declared_permission(view, request)
        if asked is None or asked is Permission.PUBLIC:
            return True
        if not isinstance(user, User):
            return False
        if isinstance(request.auth, ApiToken) and request.auth.scope != WRITE and request.method not in SAFE:
            raise exceptions.PermissionDenied(_("This API key may only read."), code="read_only_key")
        return user.may(asked) if asked is not Permission.SIGNED_IN else user.is_active


def declared_permission(view: APIView, request: Request) -> Permission | None:
    permissions: Mapping[str, Permission] = view.permissions  # type: ignore[attr-defined]
    return permissions.get(asked_of(view, request))


def asked_of(view: APIView, request: Request) -> str:
    """The name of what a view is asked to do: the action of a resource, the method of another view."""
    return getattr(view, "action", None) or ("get" if request.method == "HEAD" else str(request.method).lower())


def described_parameters(view: APIView, request: Request) -> set[str]:
    """The names of the query parameters that the description of the API gives to what is asked: those of `extend_schema(parameters=…)`."""
    described: Any = getattr(getattr(view, asked_of(view, request), None), "kwargs", {}).get("schema")
    if described is None:
        return set()
    schema = described()
    schema.view, schema.method = view, request.method
    declared = (each for each in schema.get_override_parameters() if isinstance(each, OpenApiParameter))
    return {each.name for each in declared if each.location == OpenApiParameter.QUERY}


class KeysetPages(CursorPagination):
    """Pages that continue from a row, not from a count: what is added meanwhile moves nothing. Rows are in order of their number."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int:
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        size = read_row_number(asked)
        if size is None or not 1 <= size <= self.max_page_size:
            raise exceptions.ValidationError(
                {self.page_size_query_param: [_("Give a whole number from %(least)s to %(most)s.") % {"least": 1, "most": self.max_page_size}]}
            )
        return size

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for each in parameters:
            if each["name"] == self.page_size_query_param:
                each["schema"] |= {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return parameters

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        # What the caller sent back; REST framework would compare it with a number as it is.
        position = "0" if cursor is None or cursor.position is None else str(cursor.position)
        if read_row_number(position) is None:
            raise exceptions.NotFound(self.invalid_cursor_message)
        return cursor


class FlatEnoughJSONParser(JSONParser):
    """What is no JSON is refused in words of our own; so are values inside values a thousand deep."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError:
            raise exceptions.ParseError(_("This is nested too deeply.")) from None
        except exceptions.ParseError as error:
            raise exceptions.ParseError(_why_no_json(error.__context__)) from None


def _why_no_json(fault: BaseException | None) -> str:
    if isinstance(fault, json.JSONDecodeError):
        words = _("The body of this request is not JSON: it cannot be read from line %(line)s, column %(column)s on.")
        return words % {"line": fault.lineno, "column": fault.colno}
    return _("The body of this request is not JSON in UTF-8.")


class MomentSent(serializers.DateTimeField):
    """A date and time in a request. One at the very end of the calendar is refused, where REST framework would fail."""

    def enforce_timezone(self, value: datetime) -> datetime:
        try:
            return super().enforce_timezone(value)
        except OverflowError:
            self.fail("overflow")


class NumberOfRow(django_filters.NumberFilter):
    """Filters by the number of another row. One that no row can have is refused, not sent to the database."""

    field_class = forms.IntegerField

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **options)


class MomentField(IsoDateTimeField):
    """PostgreSQL takes no offset beyond 16 hours: moments are asked for in UTC."""

    def clean(self, value: Any) -> Any:
        moment = super().clean(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError:
            raise DjangoValidationError(self.error_messages["invalid"], code="invalid") from None


class Moment(django_filters.IsoDateTimeFilter):
    """Filters by a date and time."""

    field_class = MomentField


class PersonThrottle(UserRateThrottle):
    """Counted in each server process: a brake on runaway scripts, not an accounting."""

    rate = "1200/min"

    @property
    def cache(self) -> Any:  # type: ignore[override]
        from django.core.cache import caches

        return caches["process"]


class FirmAPIView(APIView):
    """One request inside the firm: declared permission, history with the acting person, one shape of errors."""

    permissions: ClassVar[Mapping[str, Permission]] = {}
    # Refusals of domain functions: the status to answer with, and the words; None for the refusal's own.
    refusals: ClassVar[Mapping[type[Exception], tuple[int, StrPromise | None]]] = {}

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = (AsDeclared,)
    parser_classes = (FlatEnoughJSONParser,)
    throttle_classes = (PersonThrottle,)
    metadata_class = None
    http_method_names = ["get", "post", "patch", "put", "delete", "head"]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        unsaid = [action for action in cls.offered() if action not in cls.permissions]
        if unsaid:
            raise TypeError(f"{cls.__module__}.{cls.__qualname__} declares no permission for: {', '.join(unsaid)}")

    @classmethod
    def offered(cls) -> list[str]:
        """What this view can be asked to do."""
        return [method for method in cls.http_method_names if method != "head" and hasattr(cls, method)]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.refuse_unknown_parameters(request)
        self.leaving = ExitStack()
        if isinstance(request.auth, ApiToken) and request.method not in SAFE:
            self.leaving.enter_context(pghistory.context(user=request.auth.user_id, path=request.path, api_key=request.auth.pk))

    def known_parameters(self, request: Request) -> set[str]:
        """The names of the query parameters that mean something to what is asked."""
        return {str(api_settings.URL_FORMAT_OVERRIDE), *described_parameters(self, request)}

    def refuse_unknown_parameters(self, request: Request) -> None:
        """A filter that is misspelled would leave a script with everything."""
        known = self.known_parameters(request)
        if unknown := [name for name in request.query_params if name not in known]:
            words = _("There is no such parameter here. Known: %(known)s.") % {"known": ", ".join(sorted(known))}
            raise exceptions.ValidationError({name: [words] for name in unknown})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if hasattr(self, "leaving"):
            self.leaving.close()
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def person(self) -> User:
        """Who calls."""
        return cast(User, self.request.user)


class FirmViewSet(FirmAPIView, GenericViewSet[Any]):
    """A resource: rows of `model`, of which `visible` says what a person may see."""

    model: ClassVar[type[Model]]

    pagination_class = KeysetPages
    filter_backends = (DjangoFilterBackend,)
    lookup_value_regex = "[0-9]{1,18}"

    def visible(self, person: User) -> QuerySet[Any]:
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        # The description of the API is drawn without anyone calling.
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        return self.visible(self.person)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filters narrow lists; a row asked for by its number is what it is."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def known_parameters(self, request: Request) -> set[str]:
        known = super().known_parameters(request)
        return known | self.list_parameters() if self.action == "list" else known

    @classmethod
    @functools.cache
    def list_parameters(cls) -> frozenset[str]:
        """What narrows a list of this resource, and what continues it."""
        filters = DjangoFilterBackend().get_filterset_class(cls, cls.model._default_manager.none())
        names = filters.base_filters if filters is not None else ()
        return frozenset((*names, KeysetPages.cursor_query_param, KeysetPages.page_size_query_param))

    def checked(self, request: Request, *, instance: Model | None = None) -> dict[str, Any]:
        """The request's values as the serializer reads them: all that is required, or those sent when a row is changed."""
        serializer = self.get_serializer(instance, data=request.data, partial=instance is not None)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def version_read(self, row: Any) -> str:
        """Of a row to be removed: the version that the caller read (VERSION_READ), else the one it has."""
        version: str = self.request.query_params.get("version", row.version)
        return version

    def one(self, pk: int) -> Any:
        """A row as this resource shows it: after it was written."""
        return self.get_queryset().get(pk=pk)

    def answer(self, row: Model, *, created: bool = False) -> Response:
        """The answer to whoever wrote a row: as it is now."""
        written = self.get_serializer(self.one(row.pk))
        return Response(written.data, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)

    @classmethod
    def offered(cls) -> list[str]:
        standard = ("list", "create", "retrieve", "update", "partial_update", "destroy")
        # One address may do several things, each under a name of its own.
        extra = [name for action in cls.get_extra_actions() for name in cast(Any, action).mapping.values()]
        return [action for action in standard if hasattr(cls, action)] + extra


class VisibleField(serializers.PrimaryKeyRelatedField[Any]):
    """The number of a row that the caller may see: any other is as good as none."""

    def __init__(self, *, model: type[Model], visible: Callable[[User], QuerySet[Any]], **options: Any) -> None:
        self.model, self.visible = model, visible
        super().__init__(queryset=model._default_manager.none(), **options)

    def get_queryset(self) -> QuerySet[Any]:
        user = self.context["request"].user if self.context.get("request") else None
        return self.visible(user) if isinstance(user, User) else self.model._default_manager.none()


# Of a removal: the row as it was read.
VERSION_READ = OpenApiParameter("version", str, description="Of the row as you read it: it is removed only if it still is that one (409 otherwise).")


class UnknownAddress(FirmAPIView):
    """What is under /api/v1/ and is no resource: the API's own 404."""

    permissions = dict.fromkeys(("get", "post", "patch", "put", "delete"), Permission.PUBLIC)
    schema = None

    def known_parameters(self, request: Request) -> set[str]:
        return set(request.query_params)

    def answer(self, request: Request, **kwargs: Any) -> Response:
        raise exceptions.NotFound

    get = post = patch = put = delete = answer
