"""Turns of units laid side by side: what it costs to do a thing."""

from collections.abc import Callable, Sequence
from math import sqrt
from pathlib import Path
from statistics import geometric_mean, median, stdev
from tempfile import mkdtemp
from typing import NamedTuple

import psutil

from ops.bench.client import operator, submit_bulk
from ops.bench.rows import THREADS
from ops.bench.stack import Stack
from ops.bench.turns import FOLDER, WHAT, Turn

JOBS = 200_000
WARM_TURNS = 2
FEWEST_JOBS = 100
"""Of a turn that counts: in a shorter one the unit stood still."""
MODULE = "ops.bench.turns"


class Cost(NamedTuple):
    """With the thing to without, as medians over turns and their neighbours."""

    rate: float
    """Jobs a second."""
    cpu: float
    """Processor time of a unit for each job."""
    turns: int
    off: Turn
    """All turns without, as one."""
    on: Turn
    """All turns with it."""
    doubt: float
    """Standard error of `rate`."""

    def __str__(self) -> str:
        off, on = (it.cpu_a_job * 1e6 for it in (self.off, self.on))
        return (
            f"{self.rate:.3f} ± {self.doubt:.3f} x of {self.off.rate:,.0f}"
            f" jobs/s a unit, {self.turns} turns; CPU {self.cpu:.3f} x ({on:.0f}, {off:.0f} µs/job)"
        )


Start = Callable[..., psutil.Process]
"""Starts a role, with its options."""


async def cost_of(what: str, stack: Stack, start: Start | None = None) -> Cost:
    """Drain a backlog on two units that do a thing in every other turn.

    Args:
        what: the thing.
        stack: a fresh one.
        start: instead of the stack's own.
    """
    start = start or stack.start
    stack.environment["TASKFORGE_JOB_MODULES"] += f",{MODULE}"
    await stack.start_api()
    await submit_bulk(stack, await operator(stack), JOBS, b'{"type":"turn"}')
    folder = mkdtemp(dir=stack.folder)
    stack.environment |= {FOLDER: folder, WHAT: what}
    for role in ("scheduler",), *[("worker", "--threads", THREADS)] * 2:
        start(*role)
    await stack.until("SELECT count(*) FROM jobs WHERE status = 'success'", JOBS, seconds=900)
    return compare([_read(path) for path in Path(folder).iterdir()])


def compare(units: Sequence[Sequence[Turn]]) -> Cost:
    """Each turn with the thing against the two beside it, without."""
    rates: list[float] = []
    works: list[float] = []
    kept = [it for turns in units for it in turns]
    for turns in units:
        by_number = {it.number: it for it in turns}
        for turn in (it for it in turns if it.on):
            pair = [by_number.get(turn.number - 1), by_number.get(turn.number + 1)]
            if beside := [it for it in pair if it]:
                # Not their sum: where rates vary that is more than the middle, on either side.
                rates.append(turn.rate / geometric_mean(it.rate for it in beside))
                works.append(turn.cpu_a_job / geometric_mean(it.cpu_a_job for it in beside))
    return Cost(
        median(rates),
        median(works),
        len(rates),
        _sum([it for it in kept if not it.on]),
        _sum([it for it in kept if it.on]),
        stdev(rates) / sqrt(len(rates)),
    )


def _read(path: Path) -> list[Turn]:
    lines = [line.split() for line in path.read_text().splitlines()]
    turns = [Turn(int(n), int(jobs), float(took), float(cpu)) for n, jobs, took, cpu in lines]
    return [it for it in turns[WARM_TURNS:] if it.jobs >= FEWEST_JOBS]


def _sum(turns: Sequence[Turn]) -> Turn:
    return Turn(
        0, sum(it.jobs for it in turns), sum(it.seconds for it in turns),
        sum(it.cpu for it in turns),
    )  # fmt: skip
