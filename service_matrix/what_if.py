"""What the published matrix asks for, for the what-if of a segmentation draft.

Promises are made to segments, and segments outlive the versions of rules that fill them: no other mapping is needed.
"""

from collections.abc import Mapping
from decimal import Decimal

from firms.calendar import local_time
from segmentation.models import Scheme, Segment
from segmentation.whatif import Load, Promised
from service_matrix.blending import blend_promises
from service_matrix.load import Matrix, work_out_load
from service_matrix.models import MatrixVersion, Promise, middle_of
from service_matrix.money import ROLES, read_rates


def read_promised(scheme: Scheme) -> Promised | None:
    """The promises in force for the scheme's segments, or None without a published matrix. Four statements,
    two or three more where profiles or exceptions change promises.

    Expected revenue is what the firm wrote of a segment; where it wrote nothing, what is recorded of the very clients: a client
    who changes segment brings no more by it.
    """
    in_force = Promise.objects.filter(firm_id=scheme.firm_id, version__scheme=scheme, version__status=MatrixVersion.Status.PUBLISHED)
    # A matrix without a single promise is never published.
    promises = list(in_force.select_related("version__firm", "segment"))
    if not promises:
        return None
    version = promises[0].version
    blended = blend_promises(version, promises, on=local_time(version.firm).date())
    matrix = Matrix(promises=blended, reactive_minutes=version.reactive_minutes, rates=read_rates(version.firm), revenues={})
    expected = {
        pk: middle_of(least, most)
        for pk, least, most in Segment.objects.filter(firm_id=scheme.firm_id, scheme=scheme).values_list(
            "pk", "strategy__revenue_from", "strategy__revenue_to"
        )
    }

    def load(clients: Mapping[int, int], revenue: Mapping[int, Decimal]) -> Load:
        worked_out = work_out_load(counts=clients, matrix=matrix)
        brought = (revenue[segment] if (each := expected.get(segment)) is None else each * number for segment, number in clients.items())
        return Load(hours={role: worked_out.hours[role] for role in ROLES}, cost=worked_out.cost, expected_revenue=sum(brought, Decimal(0)))

    return Promised(segments=frozenset(promise.segment_id for promise in promises), load=load)
