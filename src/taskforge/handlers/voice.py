"""How code in a child process speaks to the job that it works for."""

from typing import Any, Protocol


class Report(Protocol):
    """How code in the sandbox tells its progress; safe to call as often as it likes."""

    def __call__(
        self,
        *,
        percent: float | None = None,
        current: float | None = None,
        total: float | None = None,
        stage: str | None = None,
        message: str | None = None,
    ) -> None:
        """Report; every part may be left out."""
        ...


class Say(Protocol):
    """How the function of a companion speaks before its answer is complete."""

    def __call__(self, part: Any = None) -> bool:
        """Send a part, and learn whether anybody still listens.

        Args:
            part: a JSON value; nothing is sent when it is left out.

        Returns:
            True when nobody waits for the answer any more: the function should return soon.
        """
        ...
