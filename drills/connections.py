"""Database sessions cut in the middle of a batch, again and again: what was begun is gone whole, and done whole in the end."""

from datetime import UTC, datetime, timedelta

from django.db import connection

from drills.deaths import make_firm
from drills.faults import cut, locked, wait_for_sessions
from drills.people import make_crowd
from drills.scene import must, scene, wait_until
from firms.models import FailedTask, PlanningRequest
from firms.wall import acting_for
from messaging.models import Digest, Notice, OutboxMessage
from touchpoints.models import Touchpoint
from touchpoints.planning import reconcile

# Where the planner and the digests are cut, in turn: at their beginning, in their midst, at their end.
PLANNING = ("touchpoints_bookposition", "touchpoints_touchpoint", "firms_planningrequest")
DIGESTS = ("messaging_digest", "messaging_notice", "messaging_outboxmessage")


def run(*, cuts: int, people: int = 40, clients: int = 60, patience: float = 240) -> str:
    with scene(tick_seconds=2) as stage:
        planned = make_firm(clients)
        crowd = make_crowd(people=people, first_at=datetime.now(UTC) - timedelta(minutes=1), span=timedelta(seconds=10), name="Cut")
        stage.add_worker(concurrency=1)
        # What planning writes is one batch for so few clients: all of it or nothing.
        whole: set[int] = {0}
        for number in range(cuts):
            is_planning = number % 2 == 0
            tables = PLANNING if is_planning else DIGESTS
            table = tables[number // 2 % len(tables)]
            if is_planning:
                _ask_for_planning(planned.firm.pk)
            with locked(table):
                if is_planning:
                    stage.send("touchpoints.tasks.plan_firm", firm_id=planned.firm.pk)
                else:
                    stage.send("messaging.tasks.make_digests", firm_id=crowd.firm.pk)
                for session in wait_for_sessions(table, seconds=patience):
                    cut(session)
            if is_planning:
                # The planner reads again and goes on by itself where only its session was cut: what is there is none of it or all.
                with acting_for(planned.firm.pk):
                    whole.add(Touchpoint.objects.count())
            else:
                with acting_for(crowd.firm.pk):
                    found = Digest.objects.count(), Notice.objects.count(), OutboxMessage.objects.filter(to_client=False).count()
                must(found == (0, 0, 0), f"a digest that was cut leaves nothing: {found}")
        stage.send("touchpoints.tasks.plan_firm", firm_id=planned.firm.pk)
        stage.send("messaging.tasks.make_digests", firm_id=crowd.firm.pk)

        def is_done() -> bool:
            with acting_for(planned.firm.pk):
                is_planned = not PlanningRequest.objects.exists()
            with acting_for(crowd.firm.pk):
                return is_planned and Digest.objects.count() == Notice.objects.count() == people

        wait_until(is_done, seconds=patience, what="both are done in the end")
        with acting_for(planned.firm.pk):
            whole.add(Touchpoint.objects.count())
            must(not FailedTask.objects.exists(), "a session that was cut is no fault of the task")
        again = reconcile(firm_id=planned.firm.pk, start=planned.today)
        must(again.inserted == again.updated == again.restored == again.cancelled == 0, f"the plan is what it should be: {again}")
        must(len(whole) == 2, f"a batch is there whole or not at all: {sorted(whole)} touchpoints")
    where = f"{cuts - cuts // 2} in planning, {cuts // 2} in digests"
    return f"connections: {cuts} sessions cut mid-batch ({where}); no partial batch, {max(whole)} touchpoints, {people} digests"


def _ask_for_planning(firm_id: int) -> None:
    """The whole year is to be planned again."""
    with acting_for(firm_id), connection.cursor() as cursor:
        cursor.execute("DELETE FROM touchpoints_touchpoint WHERE firm_id = %s", [firm_id])
        PlanningRequest.objects.create()
