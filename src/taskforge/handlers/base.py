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
from collections.abc import Awaitable, Callable, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta

from taskforge.core.job import Estimate as Estimate
from taskforge.core.job import MaxRetries, TimeoutSeconds
from taskforge.core.priority import Priority
from taskforge.core.retry import RetryPolicy
from taskforge.handlers.context import Context as Context
from taskforge.handlers.context import Report as Report


class Payload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every payload; subclasses repeat `frozen=True`."""


PayloadT = TypeVar("PayloadT", bound=Payload)
PayloadType = type[Payload] | UnionType
"""A payload struct, or a union of structs told apart by one field (msgspec's `tag_field`)."""


Handler = Callable[[PayloadT, Context], Awaitable[Any]]

Viewer = Literal["json", "table", "tree", "findings", "mail", "text", "chart"]
"""How the dashboard shows a result."""
Icon = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$(?!\n)", max_length=64)]
"""A name of lucide's icon set, such as `table-2`."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a declaration may set besides the code; each has a default."""

    description: Annotated[str, Meta(min_length=1, max_length=10_000)]
    """For people; the function's docstring unless it is given."""
    icon: Icon = "box"
    version: Annotated[int, Meta(ge=1)] = 1
    """Of the type: raise it when payloads or results change their meaning."""
    timeout_seconds: TimeoutSeconds = 600
    """Run limit of one attempt, where the order names none."""
    max_retries: MaxRetries = 3
    """Where the order names none."""
    retry: RetryPolicy | None = None
    """None: the installation's own."""
    priority: Priority | None = None
    """Where the order names none; None is `normal`."""
    concurrency: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    """Most jobs of this type that one worker process runs at once; None: as many as it has slots.

    Those beyond it stay `queued` and hold no slot: another worker may take them.
    """
    examples: list[dict[str, Any]] = []
    """Payloads that can be submitted as they stand."""
    viewer: Viewer = "json"


class JobType(Options, frozen=True, kw_only=True):
    """Everything known about a job type; published by `GET /job-types`."""

    name: str
    payload: PayloadType
    run: Callable[[Any, Context], Awaitable[Any]]
    title: str
    result: Any = None
    """A type that msgspec can describe, or a JSON Schema, of what the function returns."""
    summarise: Callable[[Any], str] | None = None
    """Payload to one line for lists, of which 120 characters are kept."""
    estimate: Callable[[Any], Estimate | None] | None = None
    """What a payload will probably take; None where nobody can know."""
    offers: Callable[[Callable[[str], str]], Mapping[str, list[str]]] | None = None
    """Values for fields whose choice depends on the installation, by field; gets `ctx.setting`."""


_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MARK = "__taskforge_job_type__"
_CODE = ("result", "summarise", "estimate", "offers")
"""Options that are code; the others are data, and checked as such."""
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
        ValueError: a name or an option that is not allowed, an example that its own payload
            refuses, or for which there is no summary or estimate; says what would be right.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"job type {name!r}: use lower case, digits and underscores")
    members = get_args(payload) or (payload,)
    if not all(isinstance(member, type) and issubclass(member, Payload) for member in members):
        raise ValueError(f"job type {name!r}: its payload must be a Payload struct, or a union")

    def declare(run: RunT) -> RunT:
        data = {"description": (run.__doc__ or title).strip()}
        data |= {key: value for key, value in options.items() if key not in _CODE}
        code = {key: options[key] for key in _CODE if key in options}
        checked = msgspec.structs.asdict(_checked(name, data))
        made = JobType(name=name, payload=payload, run=run, title=title, **checked, **code)
        _try_examples(made)
        setattr(run, _MARK, made)
        return run

    return declare


def declared(function: object) -> JobType | None:
    """The job type that a decorated function carries, if it is one."""
    return getattr(function, _MARK, None)


def _checked(name: str, data: Mapping[str, Any]) -> Options:
    try:
        return msgspec.convert(data, Options)
    except msgspec.ValidationError as error:
        known = ", ".join([*Options.__struct_fields__, *_CODE])
        hint = f" (there are {known})" if "unknown field" in str(error) else ""
        raise ValueError(f"job type {name!r}, options: {error}{hint}") from error


def _try_examples(it: JobType) -> None:
    for number, example in enumerate(it.examples):
        try:
            ask = msgspec.convert(example, it.payload)
            line: Any = it.summarise(ask) if it.summarise else ""
            guess: Any = it.estimate(ask) if it.estimate else None
        except Exception as error:
            raise ValueError(f"job type {it.name!r}, example {number}: {error!r}") from error
        if not isinstance(line, str) or not isinstance(guess, Estimate | None):
            raise ValueError(
                f"job type {it.name!r}, example {number}: summarise must return a str, "
                "estimate an Estimate or None"
            )
