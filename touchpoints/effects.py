"""What the service matrix shows before it is published: the touchpoints that the planner would add, change and cancel."""

from datetime import date

from firms.calendar import NoWorkingDays, local_time
from firms.wall import acting_for
from service_matrix.effects import PlanEffect
from service_matrix.models import MatrixVersion
from touchpoints.calendar import add_months
from touchpoints.planning import HORIZON_MONTHS, count_newcomers, preview


def effect_of_version(version: MatrixVersion, on: date) -> PlanEffect:
    """From a day on, up to the planner's horizon; restored touchpoints count as added. A firm that never works plans nothing."""
    end = add_months(local_time(version.firm).date(), HORIZON_MONTHS)
    if on >= end:
        return PlanEffect(0, 0, 0, 0)
    try:
        found = preview(firm_id=version.firm_id, start=on, end=end, version_id=version.pk)
    except NoWorkingDays:
        return PlanEffect(0, 0, 0, 0)
    with acting_for(version.firm_id):
        unplaced = count_newcomers(firm_id=version.firm_id, scheme_id=version.scheme_id)
    return PlanEffect(found.inserted + found.restored, found.updated, found.cancelled, found.kept, unplaced)
