"""How a process tells whether it lives and whether it can work (R-91, R-94)."""

from typing import Literal

import msgspec

State = Literal["ok", "away", "behind", "stuck"]
"""`behind`: its tables are older than this code. `stuck`: it has not moved for too long."""


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the service stands on."""

    status: State
    seconds: float


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this process should get requests.

    `degraded`: without Redis jobs are still accepted and shown, but start late and live updates
    are missing. `failing`: no database, or its tables are older than this code. `draining`: the
    process is about to end.
    """

    status: Literal["ok", "degraded", "failing", "draining"]
    checks: dict[str, CheckResult]
    """Empty for those who should have sent the probe token."""

    @property
    def code(self) -> int:
        """The HTTP status that says the same."""
        return 200 if self.status in ("ok", "degraded") else 503


class Liveness(msgspec.Struct, frozen=True, kw_only=True):
    """That the process answers."""

    status: Literal["ok"] = "ok"
