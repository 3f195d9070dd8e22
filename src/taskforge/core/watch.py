"""Whether the silence of others can be believed, or is our own (R-31)."""

import time


class Watch:
    """Remembers since when the database was reached on every tick, without a gap.

    A scheduler that was frozen, or a database that was away for a while, makes every lease look
    expired at once. So silence counts only after a whole lease of our own unbroken presence.

    Args:
        lease_seconds: length of a lease.
    """

    def __init__(self, lease_seconds: float) -> None:
        self._lease = lease_seconds
        self._since: float | None = None
        self._last = 0.0

    def reached(self) -> None:
        """The database has just answered."""
        now = time.monotonic()
        if self._since is None or now - self._last > self._lease / 2:
            self._since = now
        self._last = now

    def missed(self) -> None:
        """The database has not answered."""
        self._since = None

    @property
    def is_long_enough(self) -> bool:
        """Whether we have been there for a whole lease."""
        return self._since is not None and self._last - self._since >= self._lease
