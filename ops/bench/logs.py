"""What the log costs: a drain that tells of each attempt in every other turn."""

from ops.bench.compared import JOBS, cost_of
from ops.bench.rows import Figure
from ops.bench.stack import Stack

GOAL = 0.95


async def logs(stack: Stack) -> list[Figure]:
    """A line of JSON for each attempt, or none."""
    stack.environment |= {"LOG_LEVEL": "info", "LOG_FORMAT": "json"}
    path = stack.folder / "lines"
    with path.open("wb") as lines:
        stack.stderr = lines
        cost = await cost_of("log", stack)
    with path.open("rb") as lines:
        told = sum(b'"attempt.ended"' in line for line in lines)
    return [
        Figure(f"drain of {JOBS:,} no-ops with a line for each, of one without, in turns",
               f"{cost}; {told:,} lines", f"≥ {GOAL} x", cost.rate >= GOAL and told > 0),
    ]  # fmt: skip
