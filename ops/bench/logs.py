"""What the log costs: the same drain with a line for each attempt, and without, in turns."""

import statistics
from typing import NamedTuple

import psutil

from ops.bench.client import operator, submit_bulk
from ops.bench.rows import BACKLOG, THREADS, Figure
from ops.bench.stack import Stack

ROUNDS = 3
LOUD = {"LOG_LEVEL": "info", "LOG_FORMAT": "json"}
QUIET = {"LOG_LEVEL": "warning", "LOG_FORMAT": "json"}


class _Drain(NamedTuple):
    rate: float
    """Jobs a second."""
    cpu: float
    """Microseconds of the units' processors for each job."""


async def logs(stack: Stack) -> list[Figure]:
    """Drains in turns; the units' processor time tells more than the clock where others work."""
    await stack.start_api()
    headers = await operator(stack)
    with (stack.folder / "lines").open("wb") as lines:
        stack.stderr = lines
        runs: dict[str, list[_Drain]] = {"off": [], "on": []}
        for _ in range(ROUNDS):
            for name, environment in (("off", QUIET), ("on", LOUD)):
                stack.environment.update(environment)
                await stack.empty()
                await submit_bulk(stack, headers, BACKLOG)
                runs[name].append(await _drained(stack))
    off, on = (
        _Drain(*(statistics.median(figures) for figures in zip(*runs[name], strict=True)))
        for name in ("off", "on")
    )
    told = (stack.folder / "lines").read_bytes().count(b'"attempt.ended"')
    share = on.rate / off.rate
    return [
        Figure("drain with a line for each attempt, of the drain without",
               f"{share:.3f} ({on.rate:,.0f} of {off.rate:,.0f} jobs/s)", "≥ 0.95", share >= 0.95),
        Figure("processor time of the units for each job, with and without",
               f"{on.cpu:.0f} and {off.cpu:.0f} µs = {on.cpu / off.cpu - 1:+.1%}", "≤ +5 %",
               on.cpu <= off.cpu * 1.05),
        Figure("lines told", f"{told:,}", f"{ROUNDS * BACKLOG:,}", told == ROUNDS * BACKLOG),
    ]  # fmt: skip


async def _drained(stack: Stack) -> _Drain:
    roles = [stack.start("scheduler")]
    units = [stack.start("worker", "--threads", THREADS) for _ in range(2)]
    await stack.until("SELECT count(*) FROM workers WHERE status = 'online'", 2)
    before = sum(_spent(unit) for unit in units)
    await stack.until("SELECT count(*) FROM jobs WHERE status = 'success'", BACKLOG)
    spent = sum(_spent(unit) for unit in units) - before
    took = "SELECT extract(epoch FROM max(finished_at) - min(started_at))::float8 FROM jobs"
    rate = BACKLOG / (await stack.query(took))[0][0]
    for role in [*roles, *units]:
        stack.stop(role)
    return _Drain(rate, spent / BACKLOG * 1e6)


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
