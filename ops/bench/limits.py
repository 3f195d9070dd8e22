"""What a fleet-wide limit costs that does not bind: the same backlog drained with and without."""

from statistics import median

from ops.bench.client import operator, submit_bulk
from ops.bench.rows import BACKLOG, Figure, drained
from ops.bench.stack import Stack

ROUNDS = 3
GOAL = 0.85
LIFT = ("DELETE FROM type_limits", "UPDATE queues SET concurrency_limit = NULL")
LIMITS = {
    "no limit": (),
    "a limit of the type": ("INSERT INTO type_limits VALUES ('noop', 1000, 'bench')",),
    "limits of type and queue": (
        "INSERT INTO type_limits VALUES ('noop', 1000, 'bench')",
        "UPDATE queues SET concurrency_limit = 1000",
    ),
}


async def limits(stack: Stack) -> list[Figure]:
    """In turns, so that a machine that others use too spoils all alike; medians."""
    await stack.start_api()
    headers = await operator(stack)
    rates: dict[str, list[float]] = {name: [] for name in LIMITS}
    for name in [*LIMITS] * ROUNDS:
        await stack.empty()
        for statement in (*LIFT, *LIMITS[name]):
            await stack.query(statement)
        await submit_bulk(stack, headers, BACKLOG)
        rates[name].append(await drained(stack))
    free = median(rates["no limit"])
    return [
        Figure(f"drain of {BACKLOG:,} no-ops, {name}",
               f"{median(found):,.0f} jobs/s = {median(found) / free:.2f} x",
               f"≥ {GOAL} x", median(found) / free >= GOAL)
        for name, found in rates.items()
    ]  # fmt: skip
