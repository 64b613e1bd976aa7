"""What one client is promised, and where each promise comes from: the segment, the profile, an exception, and why."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from clients.models import Client
from firms.formats import in_language
from firms.models import Firm
from firms.statements import given, kept_statement
from segmentation.models import Assignment, Initiative, Segment
from service_matrix.comparing import difference_words, promise_saying
from service_matrix.entitlements import entitled_clients, exceptions_in_force, profile_rules
from service_matrix.models import FirmChannel, MatrixVersion, ProfileRule, Promise, PromiseException, TouchpointType
from service_matrix.promises import terms_of
from service_matrix.queries import periods_in_force
from service_matrix.resolving import Effective, adapt_terms, except_terms, rules_for
from service_matrix.wording import initiative_words, rule_scope

SEGMENT, PROFILE, EXCEPTION = "segment", "profile", "exception"


@dataclass(frozen=True)
class Step:
    """One thing that made a promise what it is: `source` is segment, profile or exception; `words` say what it did, `why` for what reason."""

    source: str
    words: list[str]
    why: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ResolvedPromise:
    touchpoint_type: TouchpointType
    # None when an exception promises nothing.
    effective: Effective | None
    # The effective terms as a promise is shown.
    shown: Promise | None
    steps: list[Step]
    exception: PromiseException | None = None

    @property
    def source(self) -> str:
        """What decided last."""
        return self.steps[-1].source

    @property
    def initiative(self) -> str:
        return initiative_words(self.effective.initiative) if self.effective is not None and self.effective.initiative else ""


@dataclass(frozen=True)
class ClientPromises:
    version: MatrixVersion
    segment: Segment
    # The relational profile, where the version's overlay places the client.
    profile: Segment | None
    promises: list[ResolvedPromise]

    @property
    def changed(self) -> int:
        return sum(promise.source != SEGMENT for promise in self.promises)


def resolve_client(client: Client, *, on: date) -> ClientPromises | None:
    """A client's promises under the published matrix, in order of touchpoint type; None for who is in no segment of its scheme.

    Four statements; two more where profiles change promises.
    """
    published = MatrixVersion.objects.filter(firm_id=client.firm_id, scheme__is_service=True, status=MatrixVersion.Status.PUBLISHED)
    version = published.select_related("firm", "scheme", "overlay").first()
    if version is None:
        return None
    schemes = [pk for pk in (version.scheme_id, version.overlay_id) if pk is not None]
    current = Assignment.objects.filter(firm_id=client.firm_id, client=client, scheme__in=schemes, ends_on=None).select_related("segment")
    places = {row.scheme_id: row.segment for row in current}
    segment, profile = places.get(version.scheme_id), places.get(version.overlay_id or 0)
    if segment is None:
        return None
    rows = Promise.objects.filter(firm_id=client.firm_id, version=version, segment=segment).select_related("touchpoint_type", "own_channel")
    promised = {row.touchpoint_type_id: row for row in rows}
    mine = exceptions_in_force(firm_id=client.firm_id, on=on).filter(client=client)
    exceptions = {row.touchpoint_type_id: row for row in mine.select_related("touchpoint_type", "own_channel", "by")}
    rules = profile_rules(version).get(profile.pk, []) if profile is not None else []
    types = {pk: row.touchpoint_type for pk, row in promised.items()} | {pk: row.touchpoint_type for pk, row in exceptions.items()}
    channels = _channels([*promised.values(), *rules, *exceptions.values()])
    return ClientPromises(
        version=version,
        segment=segment,
        profile=profile,
        promises=[_resolve(version.firm, types[pk], promised.get(pk), rules, exceptions.get(pk), segment, channels) for pk in sorted(types)],
    )


@dataclass(frozen=True)
class Way:
    """How a promise reaches its client, beyond the channel that it counts as: the firm's own, by name in the active language, and the first step."""

    channel: str
    # Empty where the channel is a built-in one.
    own_channel: str
    # "adviser", "client", or empty where nobody said.
    initiative: str


# `entitled` is what entitlements.entitled_clients reads: these clients' promises as profiles and exceptions leave them.
_WAYS = """
SELECT e.client_id, e.touchpoint_type_id, e.channel, coalesce(c.name_en, ''), coalesce(c.name_fr, ''), e.initiative
FROM entitled e LEFT JOIN service_matrix_firmchannel c ON c.firm_id = %(firm)s AND c.id = e.own_channel_id
WHERE e.own_channel_id IS NOT NULL OR e.initiative = %(client)s
"""


def ways_of(client: Client, *, on: date) -> dict[int, Way]:
    """Of one client, by touchpoint type."""
    return ways_of_clients([client.pk], firm_id=client.firm_id, on=on).get(client.pk, {})


def ways_of_clients(clients: Collection[int], *, firm_id: int, on: date) -> dict[int, dict[int, Way]]:
    """By client and touchpoint type, under the published matrix, where there is anything to say.

    Two statements, whatever their number; one where the firm has no channel of its own and leaves no first step to the client.
    """
    version = _saying_ways().row(firm=firm_id, first=on, last=on) if clients else None
    return _read_ways(version, clients, on=on) if version is not None else {}


def ways_then(client: Client, *, first: date, last: date) -> list[tuple[date, dict[int, Way]]]:
    """Of one client, what was in force between two days, by touchpoint type: the latest first, each with the day from which it was; the earliest
    counts for whatever was before.

    A version's are those of its last day between the two: where the client was placed then, with the exceptions of that day. One statement, and
    one for each version in force.
    """
    found: list[tuple[date, dict[int, Way]]] = []
    for version, begins in periods_in_force(_saying_ways(with_former=True).rows(firm=client.firm_id, first=first, last=last), since=first):
        if begins <= last:
            on = found[-1][0] - timedelta(days=1) if found else last
            found.append((begins, _read_ways(version, [client.pk], on=on, placed_on=on).get(client.pk, {})))
    return found


def _read_ways(version: MatrixVersion, clients: Collection[int], *, on: date, placed_on: date | None = None) -> dict[int, dict[int, Way]]:
    used: tuple[bool, bool] = (version.has_rules, version.has_exceptions)  # type: ignore[attr-defined]
    statement = entitled_clients(version, on=on, clients=list(clients), used=used, placed_on=placed_on)
    found: dict[int, dict[int, Way]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement.sql}{_WAYS}", statement.values | {"client": Initiative.CLIENT.value})
        for client, kind, channel, en, fr, initiative in cursor.fetchall():
            found[client][kind] = Way(channel, in_language(en=en, fr=fr), initiative)
    return dict(found)


@kept_statement
def _saying_ways(*, with_former: bool = False) -> QuerySet[MatrixVersion]:
    """The published version, if it may say more of a promise than its channel, or also those before it, if any may; with what entitled_clients asks
    of them between two days.
    """
    status = MatrixVersion.Status
    own = FirmChannel.objects.filter(firm_id=OuterRef("firm_id"))
    left_to_clients = {"firm_id": OuterRef("firm_id"), "initiative": Initiative.CLIENT}
    segments = Segment.objects.filter(scheme=OuterRef("scheme"), **left_to_clients)
    rules = ProfileRule.objects.filter(**left_to_clients)
    rules = rules if with_former else rules.filter(version=OuterRef("pk"))
    in_force = [status.PUBLISHED, status.RETIRED] if with_former else [status.PUBLISHED]
    versions = MatrixVersion.objects.filter(firm_id=given("firm"), scheme__is_service=True, status__in=in_force)
    exceptions = PromiseException.objects.filter(firm_id=OuterRef("firm_id"), starts_on__lte=given("last"), ends_on__gt=given("first"))
    return versions.filter(Exists(own) | Exists(segments) | Exists(rules)).annotate(
        has_rules=Exists(ProfileRule.objects.filter(firm_id=OuterRef("firm_id"), version=OuterRef("pk"))), has_exceptions=Exists(exceptions)
    )


def _channels(rows: Iterable[Promise | ProfileRule | PromiseException]) -> dict[int, FirmChannel]:
    return {row.own_channel.pk: row.own_channel for row in rows if row.own_channel is not None}


def _resolve(
    firm: Firm,
    kind: TouchpointType,
    promise: Promise | None,
    rules: Sequence[ProfileRule],
    exception: PromiseException | None,
    segment: Segment,
    channels: Mapping[int, FirmChannel],
) -> ResolvedPromise:
    shown, adapted, steps = promise, None, []
    if promise is not None:
        base = terms_of(promise)
        adapted = adapt_terms(base, rules=rules, touchpoint_type_id=kind.pk, initiative=segment.initiative)
        steps.append(Step(SEGMENT, [promise.words]))
        shown = promise_saying(kind, adapted.terms, channels)
        if words := _changes(firm, promise, shown, segment.initiative, adapted.initiative):
            heard = rules_for(rules, touchpoint_type_id=kind.pk, channel=base.channel)
            steps.append(Step(PROFILE, words, [f"{rule_scope(rule)} – {rule.why}" if rule.note else rule_scope(rule) for rule in heard]))
    effective = adapted
    if exception is not None:
        effective = except_terms(adapted, exception=exception, touchpoint_type=kind)
        after = promise_saying(kind, effective.terms, channels) if effective is not None else None
        steps.append(Step(EXCEPTION, difference_words(shown, after, firm=firm) or [_("as without it")], [exception.reason]))
        shown = after
    return ResolvedPromise(kind, effective, shown, steps, exception)


def _changes(firm: Firm, before: Promise, after: Promise, initiative_before: str, initiative_after: str) -> list[str]:
    words = difference_words(before, after, firm=firm)
    if initiative_before != initiative_after:
        told = {"name": _("first step"), "before": initiative_words(initiative_before), "after": initiative_words(initiative_after)}
        words.append(_("%(name)s: %(before)s → %(after)s") % told)
    return words
