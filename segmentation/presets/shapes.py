"""What a scheme to start from is made of. Texts are (English, French)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from clients.conditions import Condition, ConditionValue, Group, Match, Test
from firms.formats import in_language
from segmentation.models import Axis, Method, Missing, Winner

Bilingual: TypeAlias = tuple[str, str]


class UnknownPreset(LookupError):
    """No preset has this key."""


@dataclass(frozen=True, kw_only=True)
class PresetSegment:
    name: Bilingual
    description: Bilingual
    least_score: int | None = None
    quota: int | None = None
    # Its rule, or the floor of its share.
    conditions: Group | None = None
    # How its clients like to be served: fields of Segment.
    style: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PresetCriterion:
    attribute: str
    weight: int
    definition: Bilingual
    # (from, included; points), lowest first; the first band is open below, the last one above.
    steps: tuple[tuple[str | None, int], ...] = ()
    # Linear, instead: the values that earn 0 and 100 points.
    ends: tuple[int, int] | None = None
    axis: Axis = Axis.FIRST


@dataclass(frozen=True, kw_only=True)
class PresetPlane:
    x_name: Bilingual
    y_name: Bilingual
    x_cuts: tuple[int, ...]
    y_cuts: tuple[int, ...]
    # Places among the segments, from 0: one row a part of the second axis, lowest first.
    cells: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Preset:
    key: str
    name: Bilingual
    summary: Bilingual
    suits: Bilingual
    method: Method
    missing: Missing
    segments: tuple[PresetSegment, ...]
    criteria: tuple[PresetCriterion, ...] = ()
    # What the conditions read, defined.
    definitions: Mapping[str, Bilingual] = field(default_factory=dict)
    winner: Winner = Winner.FLOOR
    plane: PresetPlane | None = None

    @property
    def local_name(self) -> str:
        return in_language(en=self.name[0], fr=self.name[1])

    @property
    def local_summary(self) -> str:
        return in_language(en=self.summary[0], fr=self.summary[1])

    @property
    def local_suits(self) -> str:
        return in_language(en=self.suits[0], fr=self.suits[1])

    @property
    def local_segments(self) -> list[str]:
        return [in_language(en=segment.name[0], fr=segment.name[1]) for segment in self.segments]


def at_least(attribute: str, figure: int) -> Condition:
    return Condition(attribute, Test.AT_LEAST, (Decimal(figure),))


def more_than(attribute: str, figure: int) -> Condition:
    return Condition(attribute, Test.MORE_THAN, (Decimal(figure),))


def less_than(attribute: str, figure: int) -> Condition:
    return Condition(attribute, Test.LESS_THAN, (Decimal(figure),))


def through(attribute: str, lower: int, upper: int) -> Condition:
    """Both ends included."""
    return Condition(attribute, Test.THROUGH, (Decimal(lower), Decimal(upper)))


def any_of(attribute: str, *values: ConditionValue) -> Condition:
    return Condition(attribute, Test.ANY_OF, values)


def contains(attribute: str, text: str) -> Condition:
    return Condition(attribute, Test.CONTAINS, (text,))


def every(*items: Any) -> Group:
    return Group(Match.ALL, 0, items)


def either(*items: Any) -> Group:
    return Group(Match.ANY, 0, items)


def some(least: int, *items: Any) -> Group:
    return Group(Match.AT_LEAST, least, items)
