"""On whose behalf something is written: what the history's triggers keep beside each change."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pghistory


@contextmanager
def writing_as(**facts: Any) -> Iterator[None]:
    """Every change until the end remembers these facts, with those said around it: `user` (a key), `job`, `task`, `command`…

    pghistory's own context keeps what was said inside until the outermost one ends; here it is forgotten when it ends.
    """
    with pghistory.context() as context:
        around = dict(context.metadata)
        context.metadata.update(facts)
        try:
            yield
        finally:
            context.metadata.clear()
            context.metadata.update(around)
