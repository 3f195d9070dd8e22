"""Priorities, and the queue and actor that serve each of them."""

from enum import StrEnum


class Priority(StrEnum):
    """How urgent a job is; the values are the wire names (SPEC §2)."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 (critical) to 3 (low): the number stored and sorted by."""
        return _RANKS[self]

    @property
    def queue(self) -> str:
        """Name of the queue: `normal` is served by `default`, the others by their own name."""
        return _QUEUES[self]

    @property
    def actor(self) -> str:
        """Name of the Dramatiq actor that takes this queue's messages."""
        return f"run_{_QUEUES[self]}"


_RANKS = {priority: rank for rank, priority in enumerate(Priority)}
_QUEUES = {p: "default" if p is Priority.NORMAL else p.value for p in Priority}

BY_RANK: tuple[Priority, ...] = tuple(Priority)
"""Index with a rank to get the priority back."""

BY_QUEUE: dict[str, Priority] = {p.queue: p for p in Priority}
"""Queue name to priority."""

QUEUES: tuple[str, ...] = tuple(BY_QUEUE)
"""All queue names, most urgent first."""
