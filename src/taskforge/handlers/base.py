"""The contract of a job type: one payload struct, one async function, one decorator.

    class Shout(Payload, frozen=True):
        text: str

    @job_type("shout", Shout, title="Shout", examples=[{"text": "hello"}])
    async def shout(ask: Shout, ctx: Context) -> dict[str, str]:
        await ctx.progress(percent=50, stage="breathing in")
        return {"text": ask.text.upper()}

Raise the classes of `taskforge.core.failures` to say how an attempt failed; anything else is
`internal` and is retried. Execution is at least once: a handler must bear a second run.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec

from taskforge.core.failures import ErrorRecord
from taskforge.core.retry import RetryPolicy
from taskforge.core.sandbox import SandboxLimits


class Payload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every payload; subclasses repeat `frozen=True`."""


PayloadT = TypeVar("PayloadT", bound=Payload)
PayloadType = type[Payload] | UnionType
"""A payload struct, or a union of structs told apart by one field (msgspec's `tag_field`)."""


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


class Context(Protocol):
    """What a handler gets besides its payload."""

    job_id: UUID
    attempt: int
    """1 for the first."""
    previous_error: ErrorRecord | None
    """How the attempt before this one failed."""
    deadline: datetime
    """When the attempt's time is up."""
    datasets_dir: Path
    """Where server-side data files live; read only."""

    async def progress(
        self,
        *,
        percent: float | None = None,
        current: float | None = None,
        total: float | None = None,
        stage: str | None = None,
        message: str | None = None,
    ) -> None:
        """Report how far the work has come.

        Cheap to call often: about five reports a second leave the worker, and the last one always
        does. `percent` is worked out from `current` and `total` when it is left out.

        Raises:
            asyncio.CancelledError: somebody asked for the job to stop.
        """
        ...

    def log(self, level: str, message: str, **fields: Any) -> None:
        """Add a line to the job's log.

        Lines past 2,000 or 1 MB in one attempt are dropped, and the log says so.

        Args:
            level: `debug`, `info`, `warning` or `error`.
            message: at most 4,000 characters are kept.
            fields: JSON values.
        """
        ...

    async def sandbox(
        self,
        function: Callable[..., Any] | str,
        *args: Any,
        limits: SandboxLimits | None = None,
    ) -> Any:
        """Run a function of an importable module in a child process with limits.

        The child is killed when the job is cancelled, times out or its worker dies.

        Args:
            function: `def function(report, *args)`, at the top of a module; JSON values in and out.
                Or its name, `package.module:function`, so that the worker need not load what only
                the child uses.
            args: its arguments: JSON values or msgspec structs (which arrive as plain values).
            limits: memory and time.

        Raises:
            JobError: what the function raised of that family, with the same class and message.
            JobTimeout: a time limit was passed.
            SandboxDied: the child was killed or crashed, for instance by its memory limit.
        """
        ...


Handler = Callable[[PayloadT, Context], Awaitable[Any]]


class JobType(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known about a job type; published by `GET /job-types`."""

    name: str
    payload: PayloadType
    run: Callable[[Any, Context], Awaitable[Any]]
    title: str
    description: str
    version: int = 1
    timeout_seconds: int = 600
    max_retries: int = 3
    retry: RetryPolicy | None = None
    """None: the installation's own."""
    examples: Sequence[Mapping[str, Any]] = ()
    viewer: str = "json"
    """How the dashboard shows the result: json, table, tree, findings, mail, text or chart."""
    summarise: Callable[[Any], str] | None = None
    """Payload to one line for lists, at most 120 characters."""


_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MARK = "__taskforge_job_type__"
RunT = TypeVar("RunT", bound=Callable[..., Awaitable[Any]])


def job_type(
    name: str, payload: PayloadType, *, title: str, **options: Any
) -> Callable[[RunT], RunT]:
    """Declare a job type; the registry finds the decorated function in its module.

    Args:
        name: lower case, digits and underscores, at most 64 characters; unique.
        payload: the struct that payloads are checked against at submission.
        title: for people.
        options: other fields of `JobType`; the description is the function's docstring.

    Raises:
        ValueError: a name that is not allowed, or an example that its own payload refuses.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"job type {name!r}: use lower case, digits and underscores")
    for example in options.get("examples", ()):
        msgspec.convert(example, payload)

    def declare(run: RunT) -> RunT:
        options.setdefault("description", (run.__doc__ or title).strip())
        setattr(run, _MARK, JobType(name=name, payload=payload, run=run, title=title, **options))
        return run

    return declare


def declared(function: object) -> JobType | None:
    """The job type that a decorated function carries, if it is one."""
    return getattr(function, _MARK, None)
