"""The row of schedules: ten thousand due at once while a scheduler dies, and a steady stream."""

import asyncio
import signal

from ops.bench.client import operator
from ops.bench.rows import Figure
from ops.bench.stack import Stack
from ops.bench.wire import Wire, load

AT_ONCE = 10_000
EACH_SECOND = 200
"""For twenty seconds."""

_PLANT = """
INSERT INTO schedules (id, name, interval_seconds, timezone, template, overlap, missed, created_at,
                       next_fire_at, due_at)
SELECT uuidv7(), 's-' || n, $2, 'UTC', '{"type": "noop"}', $3, 'run_once', at, at, at
FROM generate_series(1, $1) AS n, (SELECT date_trunc('second', now()) + interval '8 s' AS at) AS t
"""
_TOOK = "SELECT extract(epoch FROM max(created_at) - $1)::float8 FROM jobs"
_LAG = """
SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (
    ORDER BY 1000 * extract(epoch FROM j.created_at - f.fire_at))
FROM schedule_fires f JOIN jobs j ON j.id = f.job_id
"""
_PREVIEW = (
    b'{"cron": "30 2 * * MON-FRI", "timezone": "Europe/Berlin", "after": "2026-03-20T00:00:00Z"}'
)


async def fires(stack: Stack) -> list[Figure]:
    """Two schedulers at a minute in which everything is due, then one at a steady stream."""
    at_once = [await _at_once(stack, overlap) for overlap in ("allow", "skip")]
    return [*at_once, await _steadily(stack), await _preview(stack)]


async def _at_once(stack: Stack, overlap: str) -> Figure:
    await _clear(stack)
    pair = [stack.start("scheduler") for _ in range(2)]
    await stack.query(_PLANT, AT_ONCE, 3_600.0, overlap)
    due = (await stack.query("SELECT min(due_at) FROM schedules"))[0][0]
    while not (await stack.query("SELECT EXISTS (SELECT FROM schedule_fires)"))[0][0]:
        await asyncio.sleep(0.02)
    stack.stop(pair[0], signal.SIGKILL)
    await stack.until("SELECT count(DISTINCT schedule_id) FROM job_details", AT_ONCE)
    took = (await stack.query(_TOOK, due))[0][0]
    doubles = (await stack.query("SELECT count(*) FROM job_details"))[0][0] - AT_ONCE
    stack.stop(pair[1])
    return Figure(
        f"{AT_ONCE:,} schedules due at once (overlap: {overlap}), one of two schedulers killed",
        f"{took:.1f} s, {doubles} fired twice", "≤ 5 s, each once", took <= 5 and doubles == 0,
    )  # fmt: skip


async def _steadily(stack: Stack) -> Figure:
    await _clear(stack)
    scheduler = stack.start("scheduler")
    await stack.query(_PLANT, EACH_SECOND, 1.0, "allow")
    await stack.until("SELECT count(*) >= 4000 FROM schedule_fires", True, 90)
    p50, p99 = (await stack.query(_LAG))[0][0]
    stack.stop(scheduler)
    return Figure(
        f"lag of {EACH_SECOND} fires each second for 20 s",
        f"p50 {p50:.0f}, p99 {p99:.0f} ms", "p99 ≤ 250 ms", p99 <= 250,
    )  # fmt: skip


async def _preview(stack: Stack) -> Figure:
    await stack.start_api()
    headers = await operator(stack)

    def preview(wire: Wire) -> bytes:
        return wire.request("POST", "/api/v1/schedules/preview", _PREVIEW)

    found = await load(stack.url, headers, preview, connections=1, seconds=3, expect=200)
    return Figure(
        "preview of the next ten fires", f"p50 {found.p50_ms:.1f}, p99 {found.p99_ms:.1f} ms",
        "p99 ≤ 5 ms", found.p99_ms <= 5,
    )  # fmt: skip


async def _clear(stack: Stack) -> None:
    await stack.empty()
    await stack.query("TRUNCATE schedules, schedule_fires")
