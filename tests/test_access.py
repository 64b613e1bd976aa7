"""Every route is declared, and answers each role about each object as declared: see tests/access.py for the format."""

import functools
import gc
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import connection, connections
from django.db.models import QuerySet
from django.test import Client as Browser
from django.urls import reverse

from firms.models import User
from firms.permissions import Permission
from firms.wall import enter_firm, leave_firm
from tests import access, factories
from tests.access import MISSING_ID, Route, World

# Routes that come from libraries: what a visitor gets, and what someone signed in gets. Tested by name in tests/firms.
LIBRARY = {
    "account_login": (200, 302),
    "account_logout": (302, 200),
    "account_inactive": (200, 200),
    "account_signup": (200, 302),
    "account_reauthenticate": (302, 200),
    "account_email_verification_sent": (200, 200),
    "account_change_password": (302, 200),
    "account_set_password": (302, 302),
    "account_reset_password": (200, 200),
    "account_confirm_login_code": (302, 302),
    "account_confirm_email": (200, 200),
    "account_reset_password_from_key_done": (200, 200),
    "account_reset_password_from_key": (200, 200),
    "account_reset_password_done": (200, 200),
    "mfa_index": (302, 200),
    "mfa_authenticate": (302, 302),
    "mfa_reauthenticate": (302, 302),
    "mfa_activate_totp": (302, 302),
    "mfa_deactivate_totp": (302, 404),
    "mfa_view_recovery_codes": (302, 404),
    "mfa_generate_recovery_codes": (302, 302),
    "mfa_download_recovery_codes": (302, 404),
    "mfa_list_webauthn": (302, 200),
    "mfa_add_webauthn": (302, 302),
    "mfa_reauthenticate_webauthn": (302, 302),
    "mfa_remove_webauthn": (302, 302),
    "mfa_edit_webauthn": (302, 302),
    "mfa_login_webauthn": (302, 302),
    "usersessions_list": (302, 200),
}


# What shows no word of the crowded firm: forms, figures and days alone, files that are not text, fragments asked for with values,
# and lists for which `crowd` makes nothing yet. A route that begins to show one leaves this list.
NOTHING_TO_LEAK = {
    "account_email",
    "api-absence-covering",
    "api-absence-list",
    "api-absence-who-may-cover",
    "api-amount-list",
    "api-channel-built-in",
    "api-docs",
    "api-matrix-version-list",
    "api-planning",
    "api-profile-rule-list",
    "api-promise-list",
    "api-schema",
    "api-scheme-version-list",
    "api-transfer-list",
    "attribute_create",
    "capacity_weeks",
    "channel_create",
    "client_export_xlsx",
    "client_options",
    "deal_breaker_list",
    "documents_make",
    "economics_over",
    "economics_under",
    "firm_settings",
    "gallery",
    "gap_soon",
    "gap_windows",
    "home_figures",
    "matrix_effect",
    "matrix_reactive",
    "matrix_versions",
    "notice_list",
    "outbox_list",
    "override_list",
    "own_feed",
    "own_time",
    "preferences",
    "products_edit",
    "profile",
    "queue_counts",
    "scheme_own",
    "search",
    "service_audit_pdf",
    "service_audit_xlsx",
    "touchpoint_type_create",
    "user_invite",
    "working_terms",
}


@pytest.fixture(autouse=True)
def refusals_are_not_logged() -> Iterator[None]:
    """Thousands of refusals are meant here; writing each with its traceback would take most of the time."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def nothing_is_kept() -> Iterator[None]:
    """What this process wrote once, such as kept statements, is written under what the test changed, and again after it."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    cached = type(functools.cache(lambda: None))
    for each in gc.get_objects():
        if type(each) is cached and each.__wrapped__.__module__.partition(".")[0] in access.BUSINESS_ROOMS:
            each.cache_clear()


@pytest.fixture
def world(db: None) -> World:
    return access.make_world()


def all_declared() -> list[Route]:
    return [route for room in access.declaring_rooms() for route in access.declared_routes(room)]


def test_every_route_is_declared_with_the_permission_it_asks_for() -> None:
    declared: dict[str, dict[str, Any]] = {}
    for route in all_declared():
        declared.setdefault(route.name, {}).update(dict.fromkeys(route.methods, route.permission))
    wrong = []
    for name, view in access.routes().items():
        asked = access.view_permissions(view)
        if name in LIBRARY:
            continue
        if not asked:
            wrong.append(f"{name}: its view declares no permission")
        elif name not in declared:
            wrong.append(f"{name}: no line in any tests/<room>/access.py")
        elif "*" in asked:
            wrong += [f"{name} {method}: asks for {asked['*']}, declared {p}" for method, p in declared[name].items() if p != asked["*"]]
        elif declared[name] != asked:
            wrong.append(f"{name}: asks for {asked}, declared {declared[name]}")
    wrong += [f"{name}: declared, but there is no such route" for name in [*declared, *LIBRARY] if name not in access.routes()]
    assert wrong == []


@pytest.mark.parametrize("room", access.declaring_rooms())
def test_every_route_answers_every_role_as_declared(world: World, room: str) -> None:
    assert access.sweep(world, access.declared_routes(room)) == []


@pytest.mark.parametrize("room", access.declaring_rooms())
def test_without_the_application_filter_the_wall_leaks_nothing(db: None, nothing_is_kept: None, room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`firm_id=` and the filter by book are ignored by every query set."""
    filtering = QuerySet._filter_or_exclude  # type: ignore[attr-defined]

    def unfiltered(self: Any, negate: bool, args: Any, kwargs: dict[str, Any]) -> Any:
        kept = {name: value for name, value in kwargs.items() if name.split("__")[0] not in {"firm", "firm_id"} and name != "adviser_id__in"}
        return filtering(self, negate, args, kept)

    world = access.make_world(crowded=True)
    monkeypatch.setattr(QuerySet, "_filter_or_exclude", unfiltered)
    assert access.sweep(world, access.declared_routes(room), leaks_only=True) == []


@pytest.fixture
def owner_connection(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The application's connection is the owner's for one test: it may take the wall down, inside the test's transaction."""
    settings, role = connections["default"].settings_dict, connections["default"].settings_dict["USER"]
    connections["default"].close()
    settings["USER"] = connections["owner"].settings_dict["USER"]
    yield
    connections["default"].close()
    settings["USER"] = role


@pytest.mark.parametrize("room", access.declaring_rooms())
def test_without_the_wall_the_application_filter_leaks_nothing(owner_connection: None, db: None, room: str) -> None:
    with connection.cursor() as cursor:
        for table in access.firm_tables():
            cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    assert access.sweep(access.make_world(crowded=True), access.declared_routes(room), leaks_only=True) == []


def test_whatever_a_page_without_an_object_lists_could_leak(db: None) -> None:
    """The two sweeps above look for the mark of the other firm: here its own people see that it is there to be found."""
    world = access.make_world(crowded=True)
    vacuous = set()
    for route in all_declared():
        if route.kind is not None or "GET" not in route.methods or route.permission is Permission.PUBLIC:
            continue
        enter_firm(world.beta.pk)
        with access.undone():
            answers = [access.send(route, actor=stranger, method="GET", address=route.address(None), body={}) for stranger in world.strangers]
            if not any(access.BETA in access.read_body(answer) for answer in answers):
                vacuous.add(route.name)
    assert vacuous == NOTHING_TO_LEAK


@pytest.mark.parametrize("name", LIBRARY)
def test_library_routes_let_in_whom_they_should(world: World, name: str) -> None:
    values: dict[str, Any] = dict.fromkeys(access.route_parameters()[name], MISSING_ID)
    if name == "account_reset_password_from_key":
        values = {"uidb36": "1", "key": "no-such-key"}
    address = reverse(name, kwargs=values)
    browser = Browser()
    user = factories.make_user(role="adviser")
    browser.force_login(user)
    assert (Browser().get(address).status_code, browser.get(address).status_code) == LIBRARY[name]
    enter_firm(world.alpha.pk)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert browser.get(address).status_code == LIBRARY[name][0]


@pytest.mark.parametrize(("name", "data"), [("mfa_edit_webauthn", {"name": "Stolen"}), ("mfa_remove_webauthn", {})])
@pytest.mark.parametrize("who", ["colleague", "administrator", "stranger", "visitor", "disabled"])
def test_a_passkey_is_changed_by_its_owner_alone(world: World, name: str, data: dict[str, str], who: str) -> None:
    owner = factories.make_user(role="adviser")
    others = {"colleague": factories.make_user(role="adviser"), "administrator": factories.make_user(role="admin"), "disabled": owner}
    enter_firm(world.beta.pk)
    others["stranger"] = factories.make_user(role="admin")

    def sign_in(user: User) -> Browser:
        """Through the pages: only who just gave the password again comes as far as the passkey."""
        cache.clear()
        leave_firm()
        browser = Browser()
        answer = browser.post(reverse("account_login"), {"login": user.email, "password": factories.PASSWORD})
        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert browser.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD}).status_code == 302
        return browser

    def kept() -> list[str]:
        enter_firm(world.alpha.pk)
        return [found.data["name"] for found in Authenticator.objects.filter(pk=passkey.pk)]

    other, hers = sign_in(others[who]) if who in others else Browser(), sign_in(owner)
    enter_firm(world.alpha.pk)
    passkey = Authenticator.objects.create(user=owner, type=Authenticator.Type.WEBAUTHN, data={"name": "Laptop", "credential": {}})
    address = reverse(name, args=[passkey.pk])
    User.objects.filter(pk=owner.pk).update(is_active=who != "disabled")
    leave_firm()
    assert other.post(address, data).status_code == (302 if who in {"visitor", "disabled"} else 404)
    assert kept() == ["Laptop"]
    User.objects.filter(pk=owner.pk).update(is_active=True)
    leave_firm()
    assert hers.post(address, data).status_code == 302
    assert kept() == (["Stolen"] if data else [])


def test_the_sweep_sees_a_leak(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A declared expectation that is wrong is reported: the sweep can fail."""
    route = access.declared_routes(access.declaring_rooms()[0])[0]
    wrong = Route(route.name, route.permission, route.kind, dict.fromkeys(route.methods, 418), route.data, route.kwargs)
    assert access.sweep(world, [wrong]) != []
