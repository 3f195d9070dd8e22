"""When a queued job may be claimed: each condition by itself, over `jobs j`.

The claim is made of these fragments, and so is the answer to why a job waits: the two cannot
disagree. Each is a boolean that is false while the condition blocks the job. Values come from
arrays that are computed once per statement, so that indexes on `jobs` serve.

`limit_rooms()` (type, priority, concurrency_limit, running, room) says what is left of each limit:
one row for each type and for each queue that has one, the other column being NULL. The claim reads
the same through `claim_rooms(types, ranks, free)`, which locks first, so that rivals count one
after the other; it leaves out limits that `free` jobs cannot reach. Both are functions of the
database (migration 0013).
"""

QUEUED = "j.status = 'queued'"
"""It is due and waits; needs no parameter."""

STEADY = "j.crashes < 2"
"""It may run beside others; needs no parameter."""

SUSPECT = "j.crashes >= 2"
"""It crashed twice, and is claimed only by a unit that runs nothing else (R-30)."""

QUEUE_OPEN = """j.priority = ANY(ARRAY(
        SELECT q.priority FROM queues q
        WHERE q.priority = ANY(CAST(:ranks AS smallint[])) AND q.paused_at IS NULL))"""
"""Its queue is served and not paused. `:ranks`: priorities of the queues that a unit serves."""

TYPE_KNOWN = "j.type = ANY(CAST(:types AS text[]))"
"""Its type is known. `:types`: names of the types that a unit can run (R-92)."""

LIMITED = """(j.type = ANY(ARRAY(SELECT t.type FROM type_limits t))
        OR j.priority = ANY(ARRAY(
            SELECT q.priority FROM queues q WHERE q.concurrency_limit IS NOT NULL)))"""
"""No condition: whether it counts against a limit while it runs; needs no parameter."""

LIMITS = "limit_rooms()"
"""Where the fragments below read what is left of the limits, outside of a claim."""


def type_room(rooms: str = LIMITS, *, least: str = "1") -> str:
    """Its type has room in its fleet-wide limit, or has none; needs no parameter.

    Args:
        rooms: a relation with `type` and `room`.
        least: SQL for how many places are enough.
    """
    return f"""j.type <> ALL(ARRAY(
        SELECT l.type FROM {rooms} l WHERE l.type IS NOT NULL AND l.room < {least}))"""


def queue_room(rooms: str = LIMITS, *, least: str = "1") -> str:
    """Its queue has room in its fleet-wide limit, or has none; as `type_room`, by `priority`."""
    return f"""j.priority <> ALL(ARRAY(
        SELECT l.priority FROM {rooms} l WHERE l.priority IS NOT NULL AND l.room < {least}))"""


def may_be_claimed(rooms: str = LIMITS, *, least: str = "1", crashes: str = STEADY) -> str:
    """All conditions at once. `:ranks` and `:types` as above.

    Args:
        rooms: as for `type_room`.
        least: as for `type_room`.
        crashes: `STEADY` or `SUSPECT`.
    """
    return f"""{QUEUED} AND {crashes} AND {QUEUE_OPEN} AND {TYPE_KNOWN}
      AND {type_room(rooms, least=least)} AND {queue_room(rooms, least=least)}"""
