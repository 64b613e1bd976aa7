"""Reads of the client room. `visible_to` is the one place that says who sees which client."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils import timezone

from clients.models import Client, SavedFilter
from firms.models import Absence, Support, User
from firms.permissions import Role
from firms.queries import by_name
from firms.statements import given, kept_statement


def book_adviser_ids(user: User) -> list[int] | None:
    """The advisers whose books a user sees; None for the whole firm."""
    if user.sees_whole_firm or user.role in {Role.ADMIN, Role.COMPLIANCE}:
        return None
    return served_advisers(user)


def sees_all_books(user: User) -> bool:
    return book_adviser_ids(user) is None


@dataclass(frozen=True)
class Covered:
    """A colleague who is away, and until when."""

    pk: int
    name: str
    role: str
    ends_on: date


# So many days ahead it is known who covers whom.
COVERS_AHEAD = timedelta(weeks=8)


@dataclass(frozen=True)
class CoverAhead:
    """Days on which someone does another's work: the person's own, or an absent colleague's."""

    absent: int
    starts_on: date
    ends_on: date
    covered_by: int


@dataclass(frozen=True)
class Standing:
    """For whom someone works on a day: the advisers whose books are this person's work, and the absent colleagues covered."""

    advisers: list[int]
    covers: list[Covered]
    # The person and those covered: what any of them was asked to do by name is this person's to do.
    acts_for: list[int]
    # Of that day and of COVERS_AHEAD: where the person covers, or is covered; and the books that these assistants support.
    ahead: Sequence[CoverAhead] = ()
    supported: Mapping[int, list[int]] = field(default_factory=dict)


def standing_of(user: User) -> Standing:
    """Today's. One statement, asked once a request: the user's object lives no longer, and several parts of a page ask."""
    today = timezone.localdate()
    known: tuple[date, Standing] | None = user.__dict__.get("_standing")
    if known is None or known[0] != today:
        values = {"user": user.pk, "firm": user.firm_id, "today": today, "until": today + COVERS_AHEAD}
        ((rows, books),) = _standing().rows(**values)
        known = user.__dict__["_standing"] = (today, _standing_from(user, today, rows, books))
    return known[1]


def _standing_from(user: User, today: date, rows: list[dict[str, Any]], books: list[dict[str, int]]) -> Standing:
    ahead = [CoverAhead(row["pk"], date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"]), row["covered_by"]) for row in rows]
    covers = [
        Covered(each.absent, row["name"], row["role"], each.ends_on)
        for each, row in zip(ahead, rows, strict=True)
        if each.covered_by == user.pk and each.starts_on <= today
    ]
    acts_for = [user.pk, *(each.pk for each in covers)]
    supported: dict[int, list[int]] = {}
    for row in books:
        supported.setdefault(row["assistant"], []).append(row["adviser"])
    served = sorted({adviser for person in acts_for for adviser in supported.get(person, ())})
    return Standing(acts_for if user.role == Role.ADVISER else served, covers, acts_for, ahead, supported)


@kept_statement
def _standing() -> QuerySet[User, tuple[Any, ...]]:
    """Who covers whom, of those this concerns, and the advisers supported. An absent assistant's books are those that the assistant supports."""
    away = Absence.objects.filter(firm_id=given("firm"), starts_on__lte=given("until"), ends_on__gte=given("today")).order_by()
    absent = away.filter(covered_by_id=given("user"))
    told = JSONObject(pk="user_id", name="user__name", role="user__role", starts_on="starts_on", ends_on="ends_on", covered_by="covered_by_id")
    concerned = away.filter(Q(covered_by_id=given("user")) | Q(user_id=given("user"), covered_by__isnull=False)).order_by("ends_on", "pk")
    supported = Support.objects.filter(Q(assistant_id=given("user")) | Q(assistant__in=absent.values("user_id")), firm_id=given("firm")).order_by()
    books = supported.values(row=JSONObject(assistant="assistant_id", adviser="adviser_id"))
    me = User.objects.filter(firm_id=given("firm"), pk=given("user")).order_by()
    return me.values_list(ArraySubquery(concerned.values(row=told)), ArraySubquery(books))


def served_advisers(user: User) -> list[int]:
    """The advisers whose books someone works for today: the own one or those supported, and those of absent colleagues the person covers."""
    return standing_of(user).advisers


@dataclass(frozen=True)
class Colleague:
    """Someone active who serves clients, with the advisers supported."""

    pk: int
    name: str
    role: str
    supports: frozenset[int]

    def is_of_book(self, adviser_id: int) -> bool:
        """Its adviser, who supports the adviser, and administrators: those who do the work of a book all year."""
        return self.pk == adviser_id or self.role == Role.ADMIN or (self.role == Role.ASSISTANT and adviser_id in self.supports)


def team_of(user: User) -> list[Colleague]:
    """Everyone active who serves clients in the books this user sees, by name. One statement, asked once a request."""
    known: list[Colleague] | None = user.__dict__.get("_team")
    if known is None:
        books = book_adviser_ids(user)
        rows = _team(books is None).rows(firm=user.firm_id, user=user.pk, books=books)
        known = user.__dict__["_team"] = [Colleague(pk, name, role, frozenset(books)) for pk, name, role, books in rows]
    return known


@kept_statement
def _team(of_whole_firm: bool) -> QuerySet[User, tuple[Any, ...]]:
    people = User.objects.filter(firm_id=given("firm"), is_active=True, role__in=(Role.ADMIN, Role.ADVISER, Role.ASSISTANT))
    if not of_whole_firm:
        supporting = Support.objects.filter(firm_id=given("firm"), adviser_id__in=given("books")).values("assistant_id")
        people = people.filter(Q(pk__in=given("books")) | Q(pk=given("user")) | Q(pk__in=supporting) | Q(role=Role.ADMIN))
    supported = Support.objects.filter(assistant=OuterRef("pk"), firm_id=given("firm")).values_list("adviser_id")
    return people.annotate(books=ArraySubquery(supported)).values_list("pk", "name", "role", "books")


def people_of_book(adviser_id: int, *, firm_id: int) -> QuerySet[User]:
    """Who may do the work of a book: its adviser, who supports or covers them, and administrators; all of them active."""
    today = timezone.localdate()
    covered = Absence.objects.filter(firm_id=firm_id, starts_on__lte=today, ends_on__gte=today).exclude(covered_by=None)
    supporting = Support.objects.filter(firm_id=firm_id, adviser_id=adviser_id)
    of_book = (
        Q(pk=adviser_id)
        | Q(pk__in=supporting.values("assistant_id"))
        | Q(pk__in=covered.filter(Q(user_id=adviser_id) | Q(user_id__in=supporting.values("assistant_id"))).values("covered_by_id"))
        | Q(role=Role.ADMIN)
    )
    return User.objects.filter(of_book, firm_id=firm_id, is_active=True, role__in=(Role.ADMIN, Role.ADVISER, Role.ASSISTANT))


def visible_to(user: User) -> QuerySet[Client]:
    """Clients of the user's firm that this user may see: the own book, the supported advisers', or all."""
    clients = Client.objects.filter(firm_id=user.firm_id)
    advisers = book_adviser_ids(user)
    return clients if advisers is None else clients.filter(adviser_id__in=advisers)


def sees(user: User, client: Client) -> bool:
    """Whether a client at hand is one that `visible_to` holds."""
    book = book_adviser_ids(user)
    return client.firm_id == user.firm_id and (book is None or client.adviser_id in book)


class Refused(Exception):
    """Something asked of a client's file that cannot be; nothing was written."""


class NotInYourBook(Refused):
    """The client, or the adviser it would go to, is outside the books this user works in."""


def check_book(client: Client, *, by: User) -> None:
    """Raises NotInYourBook."""
    if not visible_to(by).filter(pk=client.pk).exists():
        raise NotInYourBook(client)


LEADERS = (Role.ADVISER, Role.ADMIN)


def leads_clients(user: User) -> bool:
    """Whether someone's book has a person to look after it: active, and in a role that leads clients."""
    return user.is_active and user.role in LEADERS


def unled(clients: QuerySet[Client]) -> QuerySet[Client]:
    """Those whose adviser was disabled or does something else now: found from the few who left, not by looking at every client."""
    return clients.filter(adviser__in=User.objects.exclude(is_active=True, role__in=LEADERS))


def advisers_of(user: User) -> QuerySet[User]:
    """Active people who may lead clients and whose books this user works in."""
    return _in_books_of(user, User.objects.filter(firm_id=user.firm_id, is_active=True, role__in=LEADERS))


def advisers_listed(user: User) -> QuerySet[User]:
    """Those, and whoever no longer leads clients but still is the adviser of some."""
    left_behind = Exists(Client.objects.filter(firm_id=user.firm_id, adviser=OuterRef("pk"), archived_at=None))
    return _in_books_of(user, User.objects.filter(Q(is_active=True, role__in=LEADERS) | left_behind, firm_id=user.firm_id))


def _in_books_of(user: User, advisers: QuerySet[User]) -> QuerySet[User]:
    book = book_adviser_ids(user)
    return (advisers if book is None else advisers.filter(pk__in=book)).order_by(by_name(), "pk")


def saved_filters_of(user: User) -> QuerySet[SavedFilter]:
    """The filters a user may use: the own ones and those shared with the firm. Another's private filter does not exist."""
    return SavedFilter.objects.filter(Q(owner_id=user.pk) | Q(is_shared=True), firm_id=user.firm_id).select_related("owner")
