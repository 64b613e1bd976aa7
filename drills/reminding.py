"""Reminders due over minutes while workers are killed and Redis forgets everything: none lost, none twice."""

import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Count

from drills.people import Crowd, is_reader, make_crowd
from drills.scene import DrillFailed, Program, Scene, must, scene, wait_until
from firms.wall import acting_for
from messaging.models import Digest, Notice, OutboxMessage

_TO = re.compile(rb"^To: *(\S+)", re.MULTILINE | re.IGNORECASE)
_ID = re.compile(rb"^Message-ID: *(\S+)", re.MULTILINE | re.IGNORECASE)


def read_envelope(message: bytes) -> tuple[str, str]:
    """Whom it is for and its identifier: all that is looked at, ten thousand times."""
    head = message.partition(b"\r\n\r\n")[0]
    found = (_TO.search(head), _ID.search(head))
    return tuple(match[1].decode() if match else "" for match in found)  # type: ignore[return-value]


@dataclass
class Faults:
    """When each thing goes wrong, in seconds from the beginning."""

    kills: int
    child_kills: int
    flushes: int
    restarts: int
    done: Counter[str] = field(default_factory=Counter)

    def plan(self, seconds: float, chance: random.Random) -> list[tuple[float, str]]:
        """Spread over the time, each at a moment of its own."""
        counts = {"worker": self.kills, "child": self.child_kills, "flush": self.flushes, "restart": self.restarts}
        moments = [((number + chance.random()) * seconds / count, what) for what, count in counts.items() for number in range(count)]
        return sorted(moments)


@dataclass
class Figures:
    due: int
    seconds: float
    faults: Counter[str]
    drained: float
    lost: int
    duplicates: int
    # Under one Message-ID: internal mail whose sender died after the server took it, before it could say so.
    repeated: int
    client_messages: int
    client_duplicates: int
    held: int

    def line(self) -> str:
        faults = ", ".join(f"{number} × {what}" for what, number in sorted(self.faults.items()))
        told = f"lost {self.lost}, told twice {self.duplicates}, drained in {self.drained:.1f} s, repeated under one Message-ID {self.repeated}"
        clients = f"to clients {self.client_messages}, twice {self.client_duplicates}, held and listed {self.held}"
        return f"reminders: {self.due} due over {self.seconds:.0f} s; {faults}; {told}; {clients}"


def run(
    *, people: int, seconds: float, faults: Faults, firms: int = 2, tick_seconds: int = 2, drain_within: float = 60, patience: float = 300
) -> Figures:
    """Everyone is told once: `people` digests fall due over `seconds`, with two workers and two beats."""
    chance = random.Random(people)
    with scene(tick_seconds=tick_seconds, read=read_envelope) as stage:
        workers = [stage.add_worker(f"worker{number}") for number in (1, 2)]
        for number in (1, 2):
            stage.add_beat(f"beat{number}")
        first_at = datetime.now(UTC) + timedelta(seconds=5)
        each = people // firms
        crowds = [
            make_crowd(people=each, first_at=first_at, span=timedelta(seconds=seconds), name=f"Drill {number} {first_at:%H%M%S}")
            for number in range(firms)
        ]
        _misbehave(stage, workers, faults, faults.plan(seconds, chance), until=time.monotonic() + 5 + seconds)
        try:
            drained = wait_until(lambda: all(map(_is_at_work, workers)) and _is_drained(crowds), seconds=patience, what="all is told", every=0.5)
        except DrillFailed:
            # Said with the figures, below.
            drained = patience
        figures = _count(stage, crowds, seconds=seconds, faults=faults, drained=drained)
    must(figures.lost == 0, f"lost: {figures.line()}")
    must(figures.duplicates == 0, f"told twice: {figures.line()}")
    must(figures.client_duplicates == 0, f"a client was written to twice: {figures.line()}")
    must(drained <= drain_within, f"slow to drain: {figures.line()}")
    return figures


def _misbehave(stage: Scene, workers: list[Program], faults: Faults, plan: list[tuple[float, str]], *, until: float) -> None:
    began = time.monotonic()
    chance = random.Random(len(plan))
    for at, what in plan:
        time.sleep(max(0.0, began + at - time.monotonic()))
        _ACTS[what](stage, workers, chance)
        faults.done[what] += 1
    time.sleep(max(0.0, until - time.monotonic()))


def _kill_worker(stage: Scene, workers: list[Program], chance: random.Random) -> None:
    """The one that has run longer, once it is at work: on a slow machine the faults take longer, rather than hit what has not begun."""
    worker = workers.pop(0)
    wait_until(lambda: _is_at_work(worker), seconds=120, what=f"{worker.name} is at work")
    worker.kill()
    worker.start()
    workers.append(worker)


def _is_at_work(worker: Program) -> bool:
    """Watched over as in production: Celery gives up when a process of its pool dies while it starts, and is started again."""
    if not worker.is_running():
        worker.start()
    return bool(worker.children())


def _kill_child(stage: Scene, workers: list[Program], chance: random.Random) -> None:
    """A process of a pool: its worker sees it die."""
    children = [child for worker in workers for child in worker.children()]
    if children:
        chance.choice(children).send_signal(signal.SIGKILL)


def _flush(stage: Scene, workers: list[Program], chance: random.Random) -> None:
    stage.valkey.flush()


def _restart(stage: Scene, workers: list[Program], chance: random.Random) -> None:
    stage.valkey.kill()
    time.sleep(chance.random())
    stage.valkey.start()


_ACTS: dict[str, Callable[[Scene, list[Program], random.Random], None]] = {
    "worker": _kill_worker,
    "child": _kill_child,
    "flush": _flush,
    "restart": _restart,
}


def _is_drained(crowds: list[Crowd]) -> bool:
    for crowd in crowds:
        with acting_for(crowd.firm.pk):
            digests = Digest.objects.count()
            open_messages = OutboxMessage.objects.filter(status__in=("waiting", "sending")).exists()
        if digests < crowd.people or open_messages:
            return False
    return True


def _count(stage: Scene, crowds: list[Crowd], *, seconds: float, faults: Faults, drained: float) -> Figures:
    received = Counter(stage.mailbox.messages)
    ids_by_address: dict[str, set[str]] = {}
    for address, identifier in received:
        ids_by_address.setdefault(address, set()).add(identifier)
    by_address = Counter(address for address, _identifier in received.elements())
    people = sum(crowd.people for crowd in crowds)
    lost = duplicates = held = client_messages = client_duplicates = 0
    for crowd in crowds:
        with acting_for(crowd.firm.pk):
            digests = Digest.objects.count()
            notices = Notice.objects.filter(kind="touchpoints_due").values_list("user").annotate(number=Count("pk"))
            duplicates += sum(number - 1 for _user, number in notices)
            lost += crowd.people - len(notices) + crowd.people - digests
            for address, to_client, status in OutboxMessage.objects.values_list("to", "to_client", "status"):
                if to_client:
                    client_messages += 1
                    client_duplicates += max(0, by_address[address] - 1)
                    held += status == "held"
                if not by_address[address] and status != "held":
                    lost += 1
                duplicates += max(0, len(ids_by_address.get(address, ())) - 1)
    return Figures(
        due=people,
        seconds=seconds,
        faults=faults.done,
        drained=drained,
        lost=lost,
        duplicates=duplicates,
        repeated=sum(number - 1 for (address, _identifier), number in received.items() if any(is_reader(address, crowd) for crowd in crowds)),
        client_messages=client_messages,
        client_duplicates=client_duplicates,
        held=held,
    )
