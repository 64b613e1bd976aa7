"""HOW each level is served: touchpoint types, what each segment is promised of them, and what a profile or an exception changes of it."""

from service_matrix.models.drafting import DraftEdit, StrategyTemplate
from service_matrix.models.matrix import (
    ChannelRole,
    FirmChannel,
    MatrixVersion,
    Performer,
    Promise,
    SegmentStrategy,
    TouchpointType,
    middle_of,
)
from service_matrix.models.overlay import ProfileRule, PromiseException, Spacing

__all__ = [
    "ChannelRole",
    "DraftEdit",
    "FirmChannel",
    "MatrixVersion",
    "Performer",
    "ProfileRule",
    "Promise",
    "PromiseException",
    "SegmentStrategy",
    "Spacing",
    "StrategyTemplate",
    "TouchpointType",
    "middle_of",
]
