"""Reads of this room."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db.models import F, Func, Max, Min, OuterRef, Prefetch, QuerySet, Subquery, TextField
from django.db.models.functions import Greatest

from firms.models import Firm, PlanningRequest, User

_PLAIN = r"""
CASE WHEN octet_length(%(expressions)s) = length(%(expressions)s) THEN lower(%(expressions)s)
     ELSE regexp_replace(lower(normalize(%(expressions)s, NFKD)), '[\u0300-\u036f]', '', 'g') END
"""


def by_name() -> Func:
    """To order people as a reader looks for them: É with E, whatever the database's collation. Only names with accents cost more than `lower`."""
    return Func(F("name"), template=_PLAIN, output_field=TextField())


def members(firm: Firm) -> QuerySet[User]:
    """Everyone of a firm, those who may sign in first, with `last_active_at` and the advisers they support."""
    seen = UserSession.objects.filter(user_id=OuterRef("pk")).values("user_id").annotate(latest=Max("last_seen_at")).values("latest")
    return (
        User.objects.filter(firm_id=firm.pk)
        .annotate(last_active_at=Greatest("last_login", Subquery(seen)))
        .prefetch_related(Prefetch("supports", queryset=User.objects.filter(firm_id=firm.pk).order_by(by_name(), "pk")))
        .order_by("-is_active", by_name(), "pk")
    )


def colleagues_of(user: User) -> QuerySet[User]:
    """Everyone active in the firm: whom one may name."""
    return User.objects.filter(firm_id=user.firm_id, is_active=True)


def planning_asked_at(user: User) -> datetime | None:
    """When the planner was first asked for what it has not done yet; None when the year follows everything that was decided."""
    waiting = PlanningRequest.objects.filter(firm_id=user.firm_id)
    first: datetime | None = waiting.aggregate(first=Min("requested_at"))["first"]
    return first
