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
from types import UnionType
from typing import Any, TypeVar

import msgspec

from taskforge.core.retry import RetryPolicy
from taskforge.handlers.context import Context as Context
from taskforge.handlers.context import Report as Report


class Payload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every payload; subclasses repeat `frozen=True`."""


PayloadT = TypeVar("PayloadT", bound=Payload)
PayloadType = type[Payload] | UnionType
"""A payload struct, or a union of structs told apart by one field (msgspec's `tag_field`)."""


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
