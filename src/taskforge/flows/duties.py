"""How the duties of this scheduler fare, told to the database now and then."""

import os
import platform
import time
from typing import NamedTuple

from taskforge.db.duties import Report, record_duties
from taskforge.flows.deps import Deps


class _Passes(NamedTuple):
    """Passes of one duty that have not been told of; times are monotonic, in seconds."""

    every: float
    ended: float
    seconds: float
    did: int
    ok: bool
    number: int
    total: int
    error: str | None
    failed: float | None

    def then(self, later: "_Passes | None") -> "_Passes":
        """These, and after them others."""
        if later is None:
            return self
        return later._replace(
            number=self.number + later.number,
            total=self.total + later.total,
            error=later.error or self.error,
            failed=later.failed or self.failed,
        )


class Ledger:
    """What a scheduler remembers of its duties until it tells of them, all in one statement.

    Args:
        scheduler: who does them; this host and process when left out.
    """

    def __init__(self, scheduler: str = "") -> None:
        self._untold: dict[str, _Passes] = {}
        self._scheduler = scheduler or f"{platform.node()}:{os.getpid()}"

    def note(
        self, name: str, *, every: float, seconds: float, did: int, error: Exception | None
    ) -> None:
        """Remember a pass that ended just now.

        Args:
            name: of the duty.
            every: its period in seconds.
            seconds: how long the pass took.
            did: how much it did.
            error: why it failed. Of it only the kind is told: its text may have addresses and SQL.
        """
        now = time.monotonic()
        one = _Passes(
            every=every,
            ended=now,
            seconds=seconds,
            did=did,
            ok=error is None,
            number=1,
            total=did,
            error=_kind(error),
            failed=now if error else None,
        )
        before = self._untold.get(name)
        self._untold[name] = before.then(one) if before else one

    async def tell(self, deps: Deps) -> int:
        """Write down what was not told yet; of how many duties.

        What cannot be written stays for the next time.
        """
        telling, self._untold = self._untold, {}
        now = time.monotonic()
        try:
            async with deps.db.connect() as connection:
                await record_duties(
                    connection,
                    [_report(name, it, now) for name, it in telling.items()],
                    scheduler=self._scheduler,
                )
        except Exception:
            for name, it in telling.items():
                self._untold[name] = it.then(self._untold.get(name))
            raise
        return len(telling)


def _report(name: str, it: _Passes, now: float) -> Report:
    return Report(
        name=name,
        every_seconds=it.every,
        age=now - it.ended,
        seconds=it.seconds,
        did=it.did,
        ok=it.ok,
        passes=it.number,
        total=it.total,
        error=it.error,
        failed_age=None if it.failed is None else now - it.failed,
    )


def _kind(error: Exception | None) -> str | None:
    if error is None:
        return None
    cause = getattr(error, "orig", None) or error.__cause__
    names = [type(it).__name__ for it in (error, cause) if it is not None]
    return ": ".join(names)
