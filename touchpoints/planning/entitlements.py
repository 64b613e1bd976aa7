"""Which list of promises applies to which client.

Promises belong to numbered groups, and each served client is in one. The group is the segment: whatever gives some clients other terms than their
segment's says so here, with groups of its own numbers, and nothing else of the planner changes.
"""

from segmentation.models import Scheme
from service_matrix.models import MatrixVersion, Promise

# SQL: the group of a client, from its current assignment `a`.
GROUP_OF_CLIENT = "a.segment_id"


def read_entitlements(*, firm_id: int, scheme: Scheme | None, version_id: int | None = None) -> dict[int, list[Promise]]:
    """The promises of each group: of the published version, unless another is named. Must run inside the firm.

    What the planner reads of a promise: type, times, every and its unit, anchor and what goes with it, window, lead, channel, performer, minutes.
    """
    which = {"version__status": MatrixVersion.Status.PUBLISHED} if version_id is None else {"version": version_id}
    groups: dict[int, list[Promise]] = {}
    if scheme is not None:
        for promise in Promise.objects.filter(firm_id=firm_id, version__scheme=scheme, **which):
            groups.setdefault(promise.segment_id, []).append(promise)
    return groups
