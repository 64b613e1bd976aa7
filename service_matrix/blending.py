"""The promises of a version as its clients are owed them on average: what hours and money are worked out from (docs/overlay.md).

Where profiles change promises, each segment's promises weigh as many of its clients as are in each group; an exception weighs one client. A segment
that is counted for other numbers of clients, as a scenario does, keeps today's mix.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import SimpleNamespace

from django.db.models import BigIntegerField, Count, OuterRef, Subquery, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from firms.statements import Statement, given
from segmentation.models import Assignment
from service_matrix.entitlements import NO_PROFILE, Exempted, Group, exempt_clients, group_promises, profile_rules
from service_matrix.models import MatrixVersion, ProfileRule, Promise
from service_matrix.money import Book, add_up_book
from service_matrix.promises import Promised


def blend_promises(version: MatrixVersion, promises: Sequence[Promise], *, on: date, book: Book | None = None) -> list[Promised]:
    """One statement without an overlay and without exceptions, and the promises come back as they are; three at most otherwise.

    Promises come with their segment. The book of the version's scheme, read already, saves counting it again where no profile changes promises.
    """
    rules = profile_rules(version)
    groups, exempted = _promised_to(version, promises, rules, on=on)
    if not rules and not exempted:
        return list(promises)
    if book is not None and not rules:
        return weigh(groups, exempted, {(segment, NO_PROFILE): clients for segment, clients in book.clients.items()})
    return weigh(groups, exempted, _book_by_group(version, set(rules))[0])


def blend_book(version: MatrixVersion, promises: Sequence[Promise], *, on: date) -> tuple[list[Promised], Book]:
    """The same, and the book it is weighed by: one aggregate for both."""
    rules = profile_rules(version)
    groups, exempted = _promised_to(version, promises, rules, on=on)
    counts, book = _book_by_group(version, set(rules))
    return (weigh(groups, exempted, counts) if rules or exempted else list(promises)), book


def _promised_to(
    version: MatrixVersion, promises: Sequence[Promise], rules: Mapping[int, Sequence[ProfileRule]], *, on: date
) -> tuple[list[Group], list[Exempted]]:
    groups = group_promises(promises, rules)
    return groups, exempt_clients(version, groups, on=on)


def _book_by_group(version: MatrixVersion, ruled: set[int]) -> tuple[dict[tuple[int, int], int], Book]:
    """How many clients are in each segment and, of those with rules, each profile; and what they bring, by segment: one aggregate."""
    rows = _groups(has_rules=bool(ruled)).rows(firm=version.firm_id, scheme=version.scheme_id, ruled=list(ruled))
    counts = {(segment, profile): clients for segment, profile, clients, _known, _revenue in rows}
    return counts, add_up_book((segment, clients, known, revenue) for segment, _profile, clients, known, revenue in rows)


# Written once, and not by name: PostgreSQL is to know the firm when it decides how to read a whole book.
@lru_cache
def _groups(*, has_rules: bool) -> Statement[tuple[int, int, int, int, Decimal | None]]:
    current = Assignment.objects.filter(firm_id=given("firm"), scheme=given("scheme"), ends_on=None, client__archived_at=None)
    profile = _profile_among_ruled() if has_rules else Value(NO_PROFILE, output_field=BigIntegerField())
    groups = current.order_by().annotate(profile=profile).values_list("segment_id", "profile")
    return Statement(groups.annotate(clients=Count("*"), known=Count("client__annual_revenue"), revenue=Sum("client__annual_revenue")))


def _profile_among_ruled() -> Combinable:
    """A client's profile where it is one of those with rules."""
    # The segments of a scheme are of no other: those with rules say which scheme.
    place = Assignment.objects.filter(firm_id=given("firm"), client_id=OuterRef("client_id"), segment__in=given("ruled"), ends_on=None)
    return Coalesce(Subquery(place.values("segment_id")[:1]), NO_PROFILE, output_field=BigIntegerField())


def weigh(groups: Sequence[Group], exempted: Sequence[Exempted], counts: Mapping[tuple[int, int], int]) -> list[Promised]:
    """Promises whose times are those of an average client of the segment."""
    sizes: dict[int, int] = defaultdict(int)
    for (segment, _profile), clients in counts.items():
        sizes[segment] += clients
    at = {(group.segment_id, group.profile_id): group.promises for group in groups}
    found = []
    for (segment, profile), promises in at.items():
        # A segment nobody is in is promised what it says.
        share = Decimal(counts.get((segment, profile), 0)) / sizes[segment] if sizes[segment] else Decimal(profile == NO_PROFILE)
        if share:
            found += [_weighed(promise, share) for promise in promises]
    for client in exempted:
        if not sizes[client.segment_id]:
            continue
        share = Decimal(1) / sizes[client.segment_id]
        usual = at.get((client.segment_id, client.profile_id), at.get((client.segment_id, NO_PROFILE), []))
        found += [_weighed(promise, -share) for promise in usual if promise.touchpoint_type_id in client.types]
        found += [_weighed(promise, share) for promise in client.promises]
    return found


def _weighed(promise: Promised, share: Decimal) -> Promised:
    return SimpleNamespace(
        segment_id=promise.segment_id,
        touchpoint_type_id=promise.touchpoint_type_id,
        times=promise.times * share,
        times_at_most=(promise.times_at_most or promise.times) * share,
        minutes=promise.minutes,
        performer=promise.performer,
        direct_cost=promise.direct_cost,
    )
