"""Ageing: what a class of priority is owed while more urgent ones keep it waiting.

Priority is strict, so a flood of urgent jobs would keep the others waiting for ever. Each start of
a more urgent job therefore earns a class a small part of a start of its own. Fewer jobs are more
urgent than a class the higher it is, so a start costs it less: at 5 percent, each of three classes
below a flood gets 5.26, and with fewer classes waiting, none gets less.
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
        below = {priority: len(Priority) - priority.rank + 1 for priority in Priority}
        self._prices = {priority: 100 - percent * n for priority, n in below.items()}
        self._credits = {BY_RANK[rank]: 0 for rank in sorted(ranks)[1:]}

    def owed(self, free: int) -> dict[Priority, int]:
        """Starts that the next claim of `free` jobs owes, by class; together at most `free`."""
        found: dict[Priority, int] = {}
        for priority, credit in sorted(self._credits.items(), key=lambda it: -it[1]):
            n = min(credit // self._prices[priority], free - sum(found.values()))
            if n > 0:
                found[priority] = n
        return found

    def started(self, priorities: Iterable[Priority], owed: Mapping[Priority, int]) -> None:
        """A claim has started jobs of these classes, having been asked for what is owed."""
        starts = Counter(priorities)
        for priority, credit in self._credits.items():
            above = sum(n for one, n in starts.items() if one.rank < priority.rank)
            earned, price = credit + self._earned * above, self._prices[priority]
            left = max(earned - price * starts[priority], min(earned, 0))
            in_vain = starts[priority] < owed.get(priority, 0)
            self._credits[priority] = -PATIENCE * price if in_vain else left
