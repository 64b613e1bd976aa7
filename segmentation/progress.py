"""How far a publication is, seen from outside its transaction.

A publication is one transaction, so nothing it writes shows before its end. The locks it holds do: each stage takes an advisory lock that
names the job, PostgreSQL lets go of them when the transaction ends, whatever ends it, and a page that asks needs no other server.
"""

from django.db import connection

from firms.models import Job

# The two halves of an advisory lock are 32 bits wide.
_MOST = 2**31 - 1


def mark_stage(job: Job, stage: int) -> None:
    """Say that the transaction of this job has come to a stage, until it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [job.pk % _MOST, stage])


def stage_of(job: Job) -> int:
    """The last stage the job's transaction came to; 0 before the first, and while no worker has it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(objid::bigint), 0) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = %s::oid AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [job.pk % _MOST],
        )
        (stage,) = cursor.fetchone()
    return int(stage)
