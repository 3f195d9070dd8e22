"""Which jobs a statement may touch for who asks: API keys may be narrowed (S-09).

The condition stands in the statement that acts, for a job's queue may change until then (S-14).
"""

from typing import Any

from taskforge.core.people import Principal

REACHED = """
    (CAST(:types AS text[]) IS NULL OR type = ANY(CAST(:types AS text[])))
    AND (CAST(:ranks AS smallint[]) IS NULL OR priority = ANY(CAST(:ranks AS smallint[])))
"""
"""A condition on `type` and `priority`; takes the parameters that `reach_of` gives."""


def reach_of(by: Principal | None) -> dict[str, Any]:
    """The parameters of `REACHED`: the types and priorities within reach; None is all of them.

    Args:
        by: who asks; None is the system itself.
    """
    scope = by.scope if by else None
    types = scope.types if scope else None
    priorities = scope.priorities if scope else None
    return {
        "types": None if types is None else sorted(types),
        "ranks": None if priorities is None else sorted(it.rank for it in priorities),
    }
