"""`bin/drill`: run the fault drills; each prints a line with its figures, and the first that fails ends the run with an error."""

import argparse
import os
import sys
import time
from collections.abc import Callable

from bench.database import scratch_database
from drills.scene import DrillFailed, free_port


def _reminders(full: bool) -> str:
    from drills import reminding

    if full:
        faults = reminding.Faults(kills=42, child_kills=20, flushes=12, restarts=6)
        return reminding.run(people=10_000, seconds=200, faults=faults, tick_seconds=10).line()
    faults = reminding.Faults(kills=5, child_kills=4, flushes=3, restarts=2)
    return reminding.run(people=600, seconds=30, faults=faults).line()


def _outage(full: bool) -> str:
    from drills import outage

    return outage.run(seconds=600 if full else 20, people=600 if full else 60)


def _beat_doubled(full: bool) -> str:
    from drills import beats

    return beats.run_doubled(people=1000 if full else 100)


def _beat_stopped(full: bool) -> str:
    from drills import beats

    return beats.run_stopped(tick_seconds=60 if full else 2)


def _deaths(full: bool) -> str:
    from drills import deaths

    told = deaths.run()
    return f"{told}; {deaths.run(whole_worker=True)}" if full else told


def _connections(full: bool) -> str:
    from drills import connections

    return connections.run(cuts=50 if full else 12)


def _poison(full: bool) -> str:
    from drills import poison

    return poison.run(people=200 if full else 20)


DRILLS: dict[str, Callable[[bool], str]] = {
    "reminders": _reminders,
    "outage": _outage,
    "beat-doubled": _beat_doubled,
    "beat-stopped": _beat_stopped,
    "deaths": _deaths,
    "connections": _connections,
    "poison": _poison,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/drill", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(DRILLS)}; all of them otherwise")
    parser.add_argument("--full", action="store_true", help="at the sizes the promises are made for: about half an hour")
    parser.add_argument("--list", action="store_true", help="name the drills")
    options = parser.parse_args()
    if options.list:
        print("\n".join(DRILLS))
        return 0
    if unknown := set(options.names) - set(DRILLS):
        parser.error(f"no such drill: {', '.join(sorted(unknown))}")
    # This process enqueues too; nobody listens there.
    os.environ["REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    failed = []
    with scratch_database():
        for name in options.names or DRILLS:
            began = time.monotonic()
            try:
                line = DRILLS[name](options.full)
            except DrillFailed as failure:
                print(f"FAILED {name}: {failure}", flush=True)
                failed.append(name)
            else:
                print(f"ok {line} [{time.monotonic() - began:.0f} s]", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
