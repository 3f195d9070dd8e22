"""How many jobs of each limited type this unit may still take, and whether more of them wait."""

from collections import Counter
from collections.abc import Iterable, Mapping


class Rooms:
    """Counts the handlers at work, for types that run only so many of them at once in a process.

    Args:
        limits: by type; types that are absent are not limited.
    """

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._working: Counter[str] = Counter()
        self._more: set[str] = set()

    def enter(self, name: str) -> None:
        """A job of this type begins."""
        if name in self._limits:
            self._working[name] += 1

    def leave(self, name: str) -> None:
        """A handler of this type has ended."""
        if name in self._limits:
            self._working[name] -= 1

    def left(self) -> dict[str, int]:
        """What may still be taken, by limited type; 0 is none."""
        return {name: max(n - self._working[name], 0) for name, n in self._limits.items()}

    def full(self) -> list[str]:
        """The types of which nothing more may be taken."""
        return [name for name, room in self.left().items() if not room]

    def taken(self, given: Mapping[str, int], names: Iterable[str]) -> None:
        """A claim that was given these rooms has taken jobs of these types."""
        filled = Counter(names)
        self._more = {name for name, room in given.items() if filled[name] >= room}

    @property
    def wanted(self) -> bool:
        """Whether a type has room of which the last claim took all that it was given."""
        return any(self._working[name] < self._limits[name] for name in self._more)
