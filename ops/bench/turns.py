"""A job module that lets its unit do a thing in every other turn: what that costs, in one drain.

Two drains differ by more than what is looked for, however quiet the machine. Turns of a second that
follow each other in one process have the same tables, caches and neighbours. They are told by the
clock, so that all units have theirs together and what one saves is not what another spends.
"""

import os
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from prometheus_client import Counter, Gauge

from ops.bench.jobs import Nothing
from taskforge.flows import attempt
from taskforge.handlers.base import Context, job_type
from taskforge.metrics.histogram import Histogram

FOLDER: Final = "BENCH_TURNS"
"""Environment: where each unit writes its turns down."""
WHAT: Final = "BENCH_TURNS_OF"
"""Environment: `metrics` or `log`."""
TURN_SECONDS: Final = 1.0
_PARTS: Final[dict[str, tuple[tuple[Any, str], ...]]] = {
    "metrics": (
        (Counter, "inc"),
        (Gauge, "set"),
        (Histogram, "observe"),
        (Histogram, "observe_all"),
    ),
    "log": ((attempt, "tell_end"),),
}


class Turn(NamedTuple):
    """A turn of a unit, as it is written down."""

    number: int
    jobs: int
    seconds: float
    cpu: float
    """Seconds of the processors, of all threads."""

    @property
    def on(self) -> bool:
        """Whether the thing is done in it."""
        return is_on(self.number)

    @property
    def rate(self) -> float:
        """Jobs a second."""
        return self.jobs / self.seconds

    @property
    def cpu_a_job(self) -> float:
        """Seconds."""
        return self.cpu / self.jobs


def number_at(now: float) -> int:
    """Which turn it is; seconds since 1970."""
    return int(now / TURN_SECONDS)


def is_on(number: int) -> bool:
    """Whether the thing is done in this turn."""
    return number % 2 == 1


class _Turns:
    def __init__(self, what: str, folder: str) -> None:
        self._parts = [(owner, name, getattr(owner, name)) for owner, name in _PARTS[what]]
        self._path = Path(folder) / str(os.getpid())
        self._number = self._jobs = 0
        self._began = self._cpu = 0.0

    def job(self) -> None:
        """A job is about to be done."""
        now = time.time()
        if number_at(now) != self._number:
            self._change(now)
        self._jobs += 1

    def _change(self, now: float) -> None:
        turn = Turn(self._number, self._jobs, now - self._began, time.process_time() - self._cpu)
        if self._number:
            with self._path.open("a") as told:
                print(*turn, file=told)
        self._number, self._jobs = number_at(now), 0
        for owner, name, real in self._parts:
            setattr(owner, name, real if is_on(self._number) else _nothing)
        self._began, self._cpu = now, time.process_time()


def _nothing(*_: Any, **__: Any) -> None:
    """In the place of what is done in the other turns."""


_turns = _Turns(os.environ[WHAT], os.environ[FOLDER]) if FOLDER in os.environ else None


@job_type("turn", Nothing, title="No-op in turns")
async def turn(_ask: Nothing, _ctx: Context) -> None:
    """Do nothing but notice whose turn it is."""
    if _turns:
        _turns.job()
