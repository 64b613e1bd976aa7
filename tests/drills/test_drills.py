"""A short form of each fault drill. What must be true is checked by the drill itself, which raises DrillFailed."""

import pytest

from drills import beats, connections, deaths, outage, poison, reminding
from drills.scene import DrillFailed, must, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_reminders_survive_killed_workers_and_an_emptied_redis() -> None:
    faults = reminding.Faults(kills=2, child_kills=1, flushes=1, restarts=1)
    figures = reminding.run(people=60, seconds=6, faults=faults, drain_within=240)
    assert (figures.due, figures.lost, figures.duplicates, figures.client_duplicates) == (60, 0, 0, 0)
    assert dict(figures.faults) == {"worker": 2, "child": 1, "flush": 1, "restart": 1}


def test_pages_answer_while_redis_is_away_and_nothing_is_lost() -> None:
    outage.run(seconds=3, people=20)


def test_three_beats_tell_nobody_twice() -> None:
    beats.run_doubled(people=20, seconds=3)


def test_health_notices_that_beat_stopped() -> None:
    beats.run_stopped(tick_seconds=2)


def test_whatever_task_a_worker_dies_in_is_done_all_the_same() -> None:
    deaths.run(whole_worker=True)


def test_a_task_whose_process_of_the_pool_is_killed_is_done_all_the_same() -> None:
    """The worker returns its message, whatever the task: one that plans, one that writes to people and a job stand for all (`bin/drill deaths`)."""
    deaths.run(only={"touchpoints.tasks.plan_firm", "messaging.tasks.make_digests", "firms.tasks.run_job"})


def test_a_batch_whose_session_is_cut_is_whole_or_not_there() -> None:
    connections.run(cuts=6, people=10)


def test_poison_is_set_aside() -> None:
    poison.run(people=5)


def test_a_drill_fails_loudly() -> None:
    with pytest.raises(DrillFailed, match="the sky is green"):
        must(condition=False, what="the sky is green")
    with pytest.raises(DrillFailed, match="not within 0 s: it rains"):
        wait_until(lambda: False, seconds=0.1, what="it rains")
