"""Ageing: what a class of priority is owed while more urgent ones keep it waiting.

Priority is strict, so a flood of urgent jobs would keep the others waiting for ever. Each start of
a more urgent job therefore earns a class a small part of a start of its own. The parts are such
that each lower class gets its share even when all of them wait at once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from taskforge.core.priority import BY_RANK, Priority

PATIENCE = 4
"""A class of which nothing waited earns so many starts in vain before it is looked for again."""


class Shares:
    """The credit of each class, as one worker unit keeps it.

    Args:
        percent: of all starts, for each class that waits; 0 (strict priority) to 20.
        ranks: of the classes whose jobs the unit takes.
    """

    def __init__(self, percent: int, ranks: Iterable[int]) -> None:
        self._earned = percent
        self._price = 100 - (len(Priority) - 1) * percent
        self._credits = {BY_RANK[rank]: 0 for rank in sorted(ranks)[1:]}

    def owed(self, free: int) -> dict[Priority, int]:
        """Starts that the next claim of `free` jobs owes, by class; together at most `free`."""
        found: dict[Priority, int] = {}
        for priority, credit in sorted(self._credits.items(), key=lambda it: -it[1]):
            n = min(credit // self._price, free - sum(found.values()))
            if n > 0:
                found[priority] = n
        return found

    def started(self, priorities: Iterable[Priority], owed: Mapping[Priority, int]) -> None:
        """A claim has started jobs of these classes, having been asked for what is owed."""
        starts = Counter(priorities)
        for priority, credit in self._credits.items():
            above = sum(n for one, n in starts.items() if one.rank < priority.rank)
            earned = credit + self._earned * above
            left = max(earned - self._price * starts[priority], min(earned, 0))
            in_vain = starts[priority] < owed.get(priority, 0)
            self._credits[priority] = -PATIENCE * self._price if in_vain else left
