"""Who gets what answer from every route: the format of the declared table, and the sweep that holds the product to it.

Each room declares its routes in `tests/<room>/access.py`, one line a route:

    from firms.permissions import Permission
    from tests.access import ACT, CLIENT, FORM, Kind, Route, Scope

    ROUTES = [
        Route("client_list", Permission.VIEW_CLIENTS),                                  # a page: GET answers 200
        Route("client_detail", Permission.VIEW_CLIENTS, CLIENT),                        # a page of one client: its pk fills the address
        Route("client_create", Permission.EDIT_CLIENTS, methods=FORM, data={"name": "Roy"}),  # GET 200, POST 302
        Route("client_archive", Permission.EDIT_CLIENTS, CLIENT, ACT),                  # POST alone, answers 302
        Route("api-client-detail", Permission.EDIT_CLIENTS, CLIENT, {"PATCH": 200}, data=lambda world, client: {"name": client.name}),
    ]

From the permission, the kind of object and its scope everything else follows: a visitor and a disabled user are sent to sign in
(the API: 401); a role without the permission gets 403; an object the person does not see, or of another firm, gets 404 exactly like
one that does not exist; the others get the status in `methods`. `data` is the form (under /api/ the JSON), or makes it from (world,
object). `kwargs` makes the address's values from the object when one pk is not all; `exceptions` maps (role, whose) to a status
where the rule does not fit, with a comment that says why.
An API view class carries `permissions`, a dictionary from action (or lower-case method) to Permission. One route may have several lines.
Run one room with `pytest tests/test_access.py -k clients`.
"""

import importlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import CharField, TextField, Value
from django.db.models.functions import Concat, Left
from django.http import HttpResponseBase
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from firms.models import Firm, Heartbeat, Support, User
from firms.permissions import Permission, Role, permits
from firms.row_versions import RowVersion
from firms.sessions import NOTED_KEY
from firms.wall import enter_firm
from tests import factories

BUSINESS_ROOMS = ("firms", "messaging", "clients", "segmentation", "service_matrix", "touchpoints")
READ: Mapping[str, int] = {"GET": 200}
FORM: Mapping[str, int] = {"GET": 200, "POST": 302}
ACT: Mapping[str, int] = {"POST": 302}
MISSING_ID = 987_654_321


class Scope(Enum):
    """Who in a firm sees an object."""

    BOOK = "the adviser, who supports the adviser, and who sees the whole firm"
    FIRM = "everyone in the firm"
    OWN = "its owner alone"


class Whose(Enum):
    OWN = "own"
    COLLEAGUE = "a colleague's"
    OTHER_FIRM = "another firm's"


@dataclass(frozen=True)
class Kind:
    """A kind of object: how to make one that belongs to a person (or to an adviser's book), in that person's firm."""

    make: Callable[[User], Any]
    scope: Scope = Scope.BOOK


CLIENT = Kind(lambda owner: factories.make_client(adviser=owner, name=f"{owner.name}'s client"))
USER = Kind(lambda owner: make_person(firm_of=owner, role="adviser", name=f"{owner.name}'s colleague"), Scope.FIRM)


@dataclass(frozen=True)
class Route:
    name: str
    permission: Permission
    kind: Kind | None = None
    methods: Mapping[str, int] = field(default_factory=lambda: READ)
    data: Mapping[str, Any] | Callable[["World", Any], Mapping[str, Any]] | None = None
    kwargs: Callable[[Any], dict[str, Any]] | None = None
    exceptions: Mapping[tuple[str, Whose], int] = field(default_factory=dict)

    @property
    def is_api(self) -> bool:
        """A resource for programs, which answers JSON; not the page that documents them."""
        return hasattr(getattr(routes()[self.name], "cls", None), "permissions")

    def values(self, target: Any) -> dict[str, Any]:
        """The values in the address: those of the object, or of nothing at all."""
        names = route_parameters()[self.name]
        if target is None:
            return dict.fromkeys(names, MISSING_ID)
        return self.kwargs(target) if self.kwargs else dict.fromkeys(names, target.pk)

    def address(self, target: Any, *, missing: bool = False) -> str:
        values = self.values(target)
        if missing:
            values = {name: MISSING_ID if isinstance(value, int) else value for name, value in values.items()}
        return reverse(self.name, kwargs=values)

    def body(self, world: "World", target: Any) -> Mapping[str, Any]:
        return self.data(world, target) if callable(self.data) else dict(self.data or {})

    def expected(self, *, actor: "Actor", whose: Whose, method: str) -> int:
        """The status this route answers with."""
        if self.permission is not Permission.PUBLIC and actor.is_outside:
            return 401 if self.is_api else 302
        if (actor.role, whose) in self.exceptions:
            return self.exceptions[actor.role, whose]
        if self.permission is not Permission.PUBLIC and not permits(actor.role, self.permission):
            return 403
        return self.methods[method] if self.kind is None or sees(actor.role, self.kind.scope, whose) else 404


def sees(role: str, scope: Scope, whose: Whose) -> bool:
    if whose is Whose.OTHER_FIRM:
        return False
    if whose is Whose.OWN or scope is Scope.FIRM:
        return True
    return scope is Scope.BOOK and role in {Role.ADMIN, Role.COMPLIANCE}


@dataclass
class Actor:
    """Someone with a browser. Outside: a visitor, or a user disabled after signing in."""

    role: str
    user: User | None
    browser: Browser
    is_outside: bool = False


@dataclass
class World:
    """Two firms with one person of each role; alpha has a second adviser too."""

    alpha: Firm
    beta: Firm
    colleague: User
    actors: list[Actor]
    strangers: list[Actor]

    def actor(self, role: str) -> User:
        return next(actor.user for actor in self.actors if actor.role == role and actor.user is not None)


def version_read(row: Any) -> str:
    """What a form about a row sends back as the version that was read; nothing of a row behind another firm's wall."""
    if row is None:
        return ""
    return type(row)._default_manager.annotate(version=RowVersion()).filter(pk=row.pk).values_list("version", flat=True).first() or ""


def make_person(*, firm_of: User | None = None, role: str, name: str) -> User:
    """A user without a password: hashing one would take longer than a request."""
    user = User(email=f"person{next(factories._numbers)}@example.test", name=name, role=role)
    if firm_of is not None:
        user.firm_id = firm_of.firm_id
    user.set_unusable_password()
    user.save()
    return user


def signed_in(user: User) -> Actor:
    browser = Browser()
    browser.force_login(user)
    # Each request is undone: without this each would be the first of its session, and note again that it is used.
    session = browser.session
    session[NOTED_KEY] = int(time.time()) + 3600
    session.save()
    return Actor(user.role, user, browser)


def make_world(*, crowded: bool = False) -> World:
    """Both firms; `crowded`, the other one has something of everything, so that whatever leaks shows its mark."""
    alpha, beta = factories.make_firm(name="Alpha Conseil", region="CA-QC"), factories.make_firm(name="Beta Patrimoine", region="FR")
    people: dict[int, dict[str, User]] = {}
    for firm, name in ((alpha, "Alice"), (beta, "Bob")):
        enter_firm(firm.pk)
        people[firm.pk] = {role: make_person(role=role, name=f"{name} {role}") for role in Role.values}
        Support.objects.create(assistant=people[firm.pk]["assistant"], adviser=people[firm.pk]["adviser"])
        factories.make_client(adviser=people[firm.pk]["adviser"], name=f"Secret {firm.name}")
    strangers = [signed_in(user) for user in people[beta.pk].values()]
    if crowded:
        crowd(people[beta.pk]["adviser"])
    enter_firm(alpha.pk)
    actors = [signed_in(user) for user in people[alpha.pk].values()]
    disabled = signed_in(make_person(role="admin", name="Alice disabled"))
    disabled.is_outside = True
    User.objects.filter(pk=disabled.user.pk).update(is_active=False)  # type: ignore[union-attr]
    visitor = Actor("visitor", None, Browser(), is_outside=True)
    return World(alpha, beta, make_person(role="adviser", name="Alice colleague"), [visitor, disabled, *actors], strangers)


# Names that a person of the other firm must never read.
BETA = "BETA-"
MARKS = {"Alice": ("Beta Patrimoine", "Bob ", BETA), "Bob": ("Alpha Conseil", "Alice ")}
# Text that is no word of a person's, and means something to the program.
_NOT_WORDS = frozenset(
    {"attribute", "choice", "color", "dedupe_key", "key", "kind", "preset", "scope", "secret_hash", "signature", "slug", "task", "url"}
)


def crowd(owner: User) -> None:
    """One of every kind of object that any room declares, in the owner's firm, every word of them with the mark."""
    declared = [route.kind for room in declaring_rooms() for route in declared_routes(room)]
    for kind in dict.fromkeys(filter(None, declared)):
        kind.make(owner)
    for model in (model for room in BUSINESS_ROOMS for model in apps.get_app_config(room).get_models()):
        # The firm and its people are told by their names; the history writes itself.
        if model in {Firm, User, Heartbeat} or hasattr(model, "pgh_id"):
            continue
        for column in filter(_is_words, model._meta.fields):
            rows = model._default_manager.filter(firm_id=owner.firm_id).exclude(**{column.name: ""})
            rows.update(**{column.name: Left(Concat(Value(BETA), column.name), column.max_length or 1000)})


def _is_words(column: Any) -> bool:
    return type(column) in {CharField, TextField} and not (column.choices or column.unique or column.name in _NOT_WORDS)


def declared_routes(room: str) -> list[Route]:
    return list(importlib.import_module(f"tests.{room}.access").ROUTES)


def declaring_rooms() -> list[str]:
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/access.py"))


@cache
def routes() -> dict[str, Any]:
    """The view of every route by name, namespaces included; what has no name has its pattern for one."""
    found: dict[str, Any] = {}

    def walk(patterns: list[Any], prefix: str, namespace: str) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                walk(pattern.url_patterns, prefix + str(pattern.pattern), inner)
            elif isinstance(pattern, URLPattern):
                # Of two routes at one address, the first answers.
                found.setdefault(namespace + pattern.name if pattern.name else prefix + str(pattern.pattern), pattern.callback)

    walk(get_resolver().url_patterns, "/", "")
    return found


@cache
def route_parameters() -> dict[str, list[str]]:
    """The names of the values in each route's address."""
    found: dict[str, list[str]] = {}

    def walk(patterns: list[Any], outer: list[str], namespace: str) -> None:
        for pattern in patterns:
            names = [*outer, *pattern.pattern.regex.groupindex]
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, names, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
            elif pattern.name and pattern.name not in found:
                found[namespace + pattern.name] = [name for name in names if name != "format"]

    walk(get_resolver().url_patterns, [], "")
    return found


def view_permissions(view: Any) -> dict[str, Permission]:
    """What a view asks for, by method; '*' when it is the same for all. Empty: undeclared."""
    if (permission := getattr(view, "permission", None)) is not None:
        return {"*": permission}
    permissions = getattr(getattr(view, "cls", None), "permissions", {})
    actions = getattr(view, "actions", None) or {method: method for method in permissions}
    # REST framework adds HEAD, which is GET, at the first request.
    return {method.upper(): permissions[action] for method, action in actions.items() if action in permissions and method != "head"}


@cache
def firm_tables() -> list[str]:
    models = [model for room in BUSINESS_ROOMS for model in apps.get_app_config(room).get_models(include_auto_created=True)]
    return sorted(model._meta.db_table for model in models if model is not Heartbeat)


def checksums(world: World) -> dict[str, Any]:
    """A sum over every row of both firms, by table. Planning so long a statement takes longer than running it: it is planned once."""
    sums: dict[str, Any] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_prepared_statements WHERE name = 'checksums'")
        if not cursor.rowcount:
            each = (f"SELECT '{table}', sum(hashtextextended(t::text, 0)) FROM {table} t" for table in firm_tables())
            cursor.execute(f"PREPARE checksums AS {' UNION ALL '.join(each)}")
        for firm in (world.beta, world.alpha):
            enter_firm(firm.pk)
            cursor.execute("EXECUTE checksums")
            sums.update({f"{table} of {firm.name}": total for table, total in cursor.fetchall()})
    return sums


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens here is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def read_body(response: HttpResponseBase) -> str:
    content = b"".join(response.streaming_content) if getattr(response, "streaming", False) else response.content  # type: ignore[attr-defined]
    return content.decode(errors="replace")


def comparable(text: str, address: str) -> str:
    """An answer without what differs between any two requests: the address, tokens and nonces."""
    text = text.replace(address, "ADDRESS")
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "TOKEN", text)
    text = re.sub(r'"X-CSRFToken": ?"[^"]*"|X-CSRFToken&quot;: ?&quot;\w+&quot;', "TOKEN", text)
    return re.sub(r'nonce(=|": ?)"[^"]*"', "NONCE", text)


def send(route: Route, *, actor: Actor, method: str, address: str, body: Mapping[str, Any]) -> HttpResponseBase:
    # What an earlier request, undone since, still had to say.
    actor.browser.cookies.pop("messages", None)
    if method in {"GET", "HEAD"}:
        return actor.browser.generic(method, address)
    if route.is_api:
        return actor.browser.generic(method, address, data=json.dumps(body, default=str), content_type="application/json")
    return actor.browser.post(address, dict(body))


def sweep(world: World, declared: list[Route], *, leaks_only: bool = False) -> list[str]:
    """Ask every route as everyone about every object. Returns what was wrong, a line each.

    `leaks_only` asks only whether anything of another firm shows or changes, for when one of the two defences is down.
    """
    wrong: list[str] = []
    for route in declared:
        with undone():
            wrong += _sweep_route(world, route, leaks_only=leaks_only)
    return wrong


def _sweep_route(world: World, route: Route, *, leaks_only: bool) -> list[str]:
    targets: list[tuple[Actor, Whose, Any]] = []
    if route.kind is None:
        targets = [(actor, Whose.OWN, None) for actor in [*world.actors, *world.strangers]]
    else:
        enter_firm(world.beta.pk)
        foreign = route.kind.make(world.strangers[0].user or world.colleague)
        enter_firm(world.alpha.pk)
        colleagues, own = route.kind.make(world.colleague), route.kind.make(world.actor("adviser"))
        for actor in world.actors:
            mine = route.kind.make(actor.user) if route.kind.scope is Scope.OWN and actor.user and not actor.is_outside else own
            targets += [(actor, Whose.OWN, mine), (actor, Whose.COLLEAGUE, colleagues), (actor, Whose.OTHER_FIRM, foreign)]
        targets += [(stranger, Whose.OTHER_FIRM, own) for stranger in world.strangers]
    requests = [Asked(route, actor, whose, target, method) for actor, whose, target in targets for method in route.methods]
    if leaks_only:
        requests = [asked for asked in requests if asked.may_leak]
    refused = [asked for asked in requests if asked.is_refused]
    before, wrong = checksums(world), []
    with undone():
        wrong += [fault for asked in refused if (fault := _check(world, asked, leaks_only=leaks_only))]
        changed = _changed(world, before)
    if changed:
        # One sum for all of them is quick; now that it differs, each is asked alone.
        for asked in refused:
            with undone():
                _check(world, asked, leaks_only=leaks_only)
                if culprit := _changed(world, before):
                    wrong.append(f"{asked}: refused, yet {culprit} changed")
    for asked in requests:
        if not asked.is_refused:
            with undone():
                fault = _check(world, asked, leaks_only=leaks_only)
            if fault:
                wrong.append(fault)
    return wrong


@dataclass(frozen=True)
class Asked:
    """One request of the sweep."""

    route: Route
    actor: Actor
    whose: Whose
    target: Any
    method: str

    @property
    def expected(self) -> int:
        return self.route.expected(actor=self.actor, whose=self.whose, method=self.method)

    @property
    def is_refused(self) -> bool:
        return self.expected in {401, 403, 404} or (self.actor.is_outside and self.route.permission is not Permission.PUBLIC)

    @property
    def may_leak(self) -> bool:
        """Whether rows of another firm could show: who is sent away before the route's view runs sees what everyone sees around any page."""
        is_about_others = self.route.kind is None or self.whose is Whose.OTHER_FIRM
        return is_about_others and self.expected not in {401, 403} and not (self.expected == 302 and self.is_refused)

    def __str__(self) -> str:
        return f"{self.method} {self.route.name} as {self.actor.user or self.actor.role}, {self.whose.value} object"


def _changed(world: World, before: dict[str, Any]) -> list[str]:
    return [table for table, total in checksums(world).items() if total != before[table]]


def _check(world: World, asked: Asked, *, leaks_only: bool) -> str | None:
    """What is wrong with the answer to one request."""
    fault = _fault(world, asked, leaks_only=leaks_only)
    return f"{asked}: {fault}" if fault else None


def _fault(world: World, asked: Asked, *, leaks_only: bool) -> str | None:
    route, actor, whose, target = asked.route, asked.actor, asked.whose, asked.target
    address, body = route.address(target), route.body(world, target)
    response = send(route, actor=actor, method=asked.method, address=address, body=body)
    text = read_body(response)
    marks = [mark for name, marks in MARKS.items() if actor.user and actor.user.name.startswith(name) for mark in marks if mark in text]
    if marks:
        return f"shows {marks} of another firm"
    if response.status_code != asked.expected and not (leaks_only and whose is not Whose.OTHER_FIRM):
        return f"{response.status_code} instead of {asked.expected}"
    if asked.expected == 302 and asked.is_refused and actor.is_outside and not response["Location"].startswith("/account/login/"):
        return f"sent to {response['Location']}, not to sign in"
    if whose is Whose.OTHER_FIRM and target is not None and not actor.is_outside:
        nowhere = route.address(target, missing=True)
        missing = send(route, actor=actor, method=asked.method, address=nowhere, body=body)
        if (missing.status_code, comparable(read_body(missing), nowhere)) != (response.status_code, comparable(text, address)):
            return "answers unlike a missing one"
    return None
