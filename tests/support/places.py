"""Logical databases of Redis for arenas, apart from those of the rest of the suite."""

FIRST = 17
EACH = 3
"""One for an arena that many tests share, one for a test's own, one to spare."""


def arena_number(worker_number: int, *, own: bool) -> int:
    """The logical database of an arena, of the 64 that the embedded Valkey has."""
    return FIRST + ((worker_number - 1) * EACH + own) % (64 - FIRST)
