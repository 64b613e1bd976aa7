"""How much each person works and what an hour costs: the role's terms, or the person's own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import BigIntegerField, DateField, OuterRef, Q, QuerySet, TextField, Value

from firms.models import Absence, Firm, PersonTerms, Region, RoleTerms, User
from firms.permissions import Role
from firms.queries import by_name

# A full week where nothing else was said: the usual contract of each region.
USUAL_WEEK = {Region.QUEBEC: Decimal("37.5"), Region.FRANCE: Decimal(35)}
# The roles whose hours are counted. An administrator who serves clients counts as an adviser.
SERVING = (Role.ADVISER, Role.ASSISTANT)
_DAYS: "ArrayField[list[date], list[date]]" = ArrayField(DateField())


@dataclass(frozen=True)
class Terms:
    """Hours a week for clients, and what an hour costs in the firm's currency; None is not said."""

    weekly_hours: Decimal | None = None
    hourly_cost: Decimal | None = None


@dataclass(frozen=True)
class WorkingPerson:
    """Someone who serves clients, by the role their hours count as. An unknown cost is None, never zero."""

    user_id: int
    name: str
    role: str
    weekly_hours: Decimal
    hourly_cost: Decimal | None


def role_terms(firm: Firm) -> dict[str, Terms]:
    """The terms of both roles; the week is the region's usual one until the firm says otherwise."""
    rows = RoleTerms.objects.filter(firm_id=firm.pk).values_list("role", "weekly_hours", "hourly_cost")
    return _fill_in(firm, {role: Terms(week, cost) for role, week, cost in rows})


def _fill_in(firm: Firm, said: Mapping[str, Terms]) -> dict[str, Terms]:
    usual = USUAL_WEEK[Region(firm.region)]
    terms = {role.value: said.get(role.value, Terms()) for role in SERVING}
    return {role: Terms(usual if each.weekly_hours is None else each.weekly_hours, each.hourly_cost) for role, each in terms.items()}


# A person, or a role where the first is 0: their name, role, week and cost of an hour, first and last days of absences; and the place among names.
WorkingRow = tuple[int, str, str, Decimal | None, Decimal | None, list[date], list[date], str]


@dataclass(frozen=True)
class WorkingTime:
    """The terms of both roles, and everyone whose hours are counted, by name; and when each is away, by user, in the period that was asked for."""

    roles: dict[str, Terms]
    people: list[WorkingPerson]
    absences: dict[int, list[tuple[date, date]]] = field(default_factory=dict)


def working_rows(firm_id: int, *, also: Q | None = None, away: tuple[date, date] | None = None) -> QuerySet[Any, WorkingRow]:
    """What working time is put together from: active advisers and assistants, administrators with a week of their own, and the users that `also`
    describes, with their absences that meet the period `away`, from its first day to its last; and the roles' rows, told apart by having no person.
    """
    serving = Q(role__in=SERVING) | Q(role=Role.ADMIN, terms__weekly_hours__gt=0)
    if also is not None:
        serving |= also
    users = User.objects.filter(serving, firm_id=firm_id, is_active=True).order_by()
    no_days = Value([], output_field=_DAYS)
    absent = Absence.objects.filter(user=OuterRef("pk"), firm_id=firm_id).order_by("starts_on", "pk")
    begins, ends = (
        (no_days, no_days)
        if away is None
        else (ArraySubquery(absent.filter(starts_on__lte=away[1], ends_on__gte=away[0]).values(day)) for day in ("starts_on", "ends_on"))
    )
    of_users = users.annotate(begins=begins, ends=ends, place=by_name()).values_list(
        "pk", "name", "role", "terms__weekly_hours", "terms__hourly_cost", "begins", "ends", "place"
    )
    of_roles = RoleTerms.objects.filter(firm_id=firm_id).annotate(
        person=Value(0, output_field=BigIntegerField()), called=Value("", output_field=TextField()), begins=no_days, ends=no_days
    )
    of_roles_too = of_roles.order_by().values_list("person", "called", "role", "weekly_hours", "hourly_cost", "begins", "ends", "called")
    return of_users.union(of_roles_too, all=True).order_by("place", "pk")


def working_time_of(firm: Firm, rows: Iterable[WorkingRow]) -> WorkingTime:
    """Working time from the rows that `working_rows` reads."""
    said, found, absences = {}, [], {}
    for pk, name, role, week, cost, first_days, last_days, _place in rows:
        if not pk:
            said[role] = Terms(week, cost)
            continue
        found.append((pk, name, role, week, cost))
        if first_days:
            absences[pk] = list(zip(first_days, last_days, strict=True))
    roles = _fill_in(firm, said)
    people = []
    for pk, name, role, week, cost in found:
        counts_as = role if role in SERVING else Role.ADVISER.value
        usual = roles[counts_as]
        people.append(
            WorkingPerson(
                user_id=pk,
                name=name,
                role=counts_as,
                weekly_hours=week if week is not None else usual.weekly_hours or Decimal(0),
                hourly_cost=cost if cost is not None else usual.hourly_cost,
            )
        )
    return WorkingTime(roles, people, absences)


@transaction.atomic
def set_role_terms(*, terms: Mapping[str, Terms], assistant_percent: int, by: User) -> None:
    """Say what a week and an hour of each role are, and which share of “either” work assistants do (0–100)."""
    for role, each in terms.items():
        RoleTerms.objects.update_or_create(
            firm_id=by.firm_id, role=role, defaults={"weekly_hours": each.weekly_hours, "hourly_cost": each.hourly_cost}
        )
    Firm.objects.filter(pk=by.firm_id).update(assistant_percent=assistant_percent)


@transaction.atomic
def set_person_terms(*, user: User, terms: Terms, by: User) -> None:
    """Say what a person's own week and hour are; what is None is as the role's."""
    PersonTerms.objects.update_or_create(
        firm_id=by.firm_id, user=user, defaults={"weekly_hours": terms.weekly_hours, "hourly_cost": terms.hourly_cost}
    )
