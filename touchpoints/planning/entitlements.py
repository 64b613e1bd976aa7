"""Which list of promises applies to which client.

Promises belong to numbered groups, and each served client is in one: its segment's; that of its segment and relational profile, where the profile
changes something; or its own, while an exception holds. What a firm does not use is not in the SQL that finds a client's group.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from segmentation.models import Scheme
from service_matrix.entitlements import NO_PROFILE, Entitled, Exempted
from service_matrix.entitlements import read_entitlements as read_version
from service_matrix.models import MatrixVersion


@dataclass(frozen=True)
class OwnPromise:
    """What a client with exceptions is owed of one type: for what falls before a day, from a day on, or always."""

    promise: Entitled
    holds_from: date | None = None
    holds_before: date | None = None
    # It is an exception's, and falls otherwise in the year than what it replaces.
    falls_otherwise: bool = False


@dataclass(frozen=True)
class Entitlements:
    """The promises of each group, and who is in which.

    A segment's group has the segment's number. The others are numbered below zero: by segment and profile, and by client.
    """

    groups: Mapping[int, list[Entitled]] = field(default_factory=dict)
    overlay_id: int | None = None
    profiled: Mapping[tuple[int, int], int] = field(default_factory=dict)
    own: Mapping[int, int] = field(default_factory=dict)
    own_promises: Mapping[int, list[OwnPromise]] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Any]:
        """What `group_sql` asks for of profiles."""
        return {
            "overlay": self.overlay_id,
            "profiled_segments": [segment for segment, _profile in self.profiled],
            "profiled_profiles": [profile for _segment, profile in self.profiled],
            "profiled_groups": list(self.profiled.values()),
        }


@dataclass(frozen=True)
class GroupSql:
    """The group of a client as a column, from its current assignment `a`, and the joins it needs."""

    column: str
    joins: str


_JOIN_PROFILED = """
    LEFT JOIN segmentation_assignment profile ON profile.firm_id = %(firm)s AND profile.client_id = a.client_id
                                             AND profile.scheme_id = %(overlay)s AND profile.ends_on IS NULL {among}
    LEFT JOIN unnest(%(profiled_segments)s::bigint[], %(profiled_profiles)s::bigint[], %(profiled_groups)s::bigint[])
              AS profiled (segment_id, profile_id, group_id)
           ON profiled.segment_id = a.segment_id AND profiled.profile_id = profile.segment_id"""
_JOIN_OWN = """
    LEFT JOIN unnest(%(own_clients)s::bigint[], %(own_groups)s::bigint[]) AS own (client_id, group_id) ON own.client_id = a.client_id"""


def group_sql(entitlements: Entitlements, *, with_own: bool, in_range: str = "") -> GroupSql:
    """`in_range` is a condition on a client's number that bounds what is read of profiles."""
    columns, joins = ["a.segment_id"], ""
    if entitlements.profiled:
        columns.insert(0, "profiled.group_id")
        joins += _JOIN_PROFILED.format(among=f"AND profile.client_id {in_range}" if in_range else "")
    if with_own and entitlements.own:
        columns.insert(0, "own.group_id")
        joins += _JOIN_OWN
    return GroupSql(f"coalesce({', '.join(columns)})" if joins else columns[0], joins)


def read_entitlements(*, firm_id: int, scheme: Scheme | None, on: date, version_id: int | None = None) -> Entitlements:
    """What each group is promised by the published version, unless another is named, with the exceptions in force on a day.

    Must run inside the firm. What the planner reads of a promise: type, times, every and its unit, anchor and what goes with it, window, lead,
    channel, performer, minutes.
    """
    which = {"status": MatrixVersion.Status.PUBLISHED} if version_id is None else {"pk": version_id}
    version = MatrixVersion.objects.filter(firm_id=firm_id, scheme=scheme, **which).first() if scheme is not None else None
    if version is None:
        return Entitlements()
    found = read_version(version, on=on)
    numbers = count(-1, -1)
    groups: dict[int, list[Entitled]] = {}
    profiled: dict[tuple[int, int], int] = {}
    for group in found.groups:
        number = group.segment_id
        if group.profile_id != NO_PROFILE:
            number = profiled[group.segment_id, group.profile_id] = next(numbers)
        groups[number] = group.promises
    own = {exempted.client_id: next(numbers) for exempted in found.exempted}
    own_promises = {
        own[each.client_id]: _own_promises(each, groups.get(profiled.get((each.segment_id, each.profile_id), each.segment_id), []))
        for each in found.exempted
    }
    return Entitlements(groups, version.overlay_id, profiled, own, own_promises)


def _own_promises(exempted: Exempted, usual: list[Entitled]) -> list[OwnPromise]:
    """Each exception until it ends, what it replaces from then on, and the rest of the client's group as it is."""
    replaced = {promise.touchpoint_type_id: _falls(promise) for promise in usual}
    excepted = [
        OwnPromise(
            promise,
            holds_before=exempted.until[promise.touchpoint_type_id],
            falls_otherwise=replaced.get(promise.touchpoint_type_id) != _falls(promise),
        )
        for promise in exempted.promises
    ]
    return excepted + [OwnPromise(promise, holds_from=exempted.until.get(promise.touchpoint_type_id)) for promise in usual]


def _falls(promise: Entitled) -> tuple[str, int, int | None, str]:
    return promise.anchor, promise.times, promise.every, promise.every_unit
