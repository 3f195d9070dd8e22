"""Which job types there are: built-in ones, plug-ins by entry point, and modules from the settings.

A plug-in that cannot be imported, or takes a name that is taken, is listed as unavailable with the
reason, and stops nothing.
"""

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import msgspec

from taskforge.core.errors import Fault, Invalid
from taskforge.handlers.base import JobType, Payload, declared
from taskforge.handlers.describe import TypeDescription, describe, json_schema
from taskforge.handlers.faults import payload_faults

GROUP = "taskforge.job_types"
OURS = "taskforge."
REASON_LIMIT = 500


class Unavailable(msgspec.Struct, frozen=True, kw_only=True):
    """A source of job types, or one of its types, that cannot be used."""

    source: str
    """`package.module` or `package.module:name`."""
    name: str | None = None
    """The job type, where the trouble is with one."""
    reason: str


class Registry:
    """All job types of this process.

    Args:
        types: by name.
        unavailable: what could not be loaded.
    """

    def __init__(self, types: Mapping[str, JobType], unavailable: Sequence[Unavailable]) -> None:
        self.types = dict(types)
        self.unavailable = tuple(unavailable)

    @cached_property
    def descriptions(self) -> Mapping[str, TypeDescription]:
        """What there is to tell of each type, by name, in order."""
        return {name: describe(self.types[name]) for name in self.names()}

    @cached_property
    def concurrency(self) -> Mapping[str, int]:
        """How many jobs of a type one process may run at once, for those that limit it."""
        return {it.name: it.concurrency for it in self.types.values() if it.concurrency}

    def names(self) -> list[str]:
        """Every type's name, in order."""
        return sorted(self.types)

    def get(self, name: str) -> JobType:
        """The job type of this name.

        Raises:
            Invalid: it cannot be used, and why; or there is none, and which come close.
        """
        found = self.types.get(name)
        if found is None:
            code, detail = self._missing(name)
            raise Invalid(detail, code=code, faults=[Fault("/type", detail)])
        return found

    def check_payload(self, name: str, payload: Any) -> tuple[dict[str, Any], Payload]:
        """Check a payload against its type.

        Returns:
            The payload with every default filled in, as JSON values; and as the type's struct.

        Raises:
            Invalid: no such type, or a payload that it does not take; pointers begin at `/payload`.
        """
        job_type = self.get(name)
        try:
            checked: Payload = msgspec.convert(payload, job_type.payload, str_keys=True)
        except (msgspec.ValidationError, RecursionError) as error:
            faults = payload_faults(payload, job_type.payload, error)
            listed = "; ".join(fault.message.rstrip(".") for fault in faults)
            detail = f"The payload does not fit `{name}`: {listed}."
            raise Invalid(detail, code="invalid_payload", faults=faults) from error
        return msgspec.json.decode(msgspec.json.encode(checked)), checked

    def _missing(self, name: str) -> tuple[str, str]:
        for it in self.unavailable:
            if it.name == name:
                return "job_type_unavailable", f"Job type {name!r} cannot be used here: {it.reason}"
        close = difflib.get_close_matches(name, self.types, n=3)
        listed = f"there are {', '.join(self.names()) or 'none'}."
        hint = f"did you mean {' or '.join(map(repr, close))}?" if close else listed
        detail = f"There is no job type {name!r}; {hint}"
        broken = ", ".join(it.source for it in self.unavailable if it.name is None)
        if broken:
            detail += f" It may be one of those that could not be loaded: {broken}."
        return "unknown_job_type", detail


def load(modules: Sequence[str] = (), *, plugins: bool = True) -> Registry:
    """Find all job types.

    Args:
        modules: names of further modules (`TASKFORGE_JOB_MODULES`). Of a package, modules directly
            inside it are searched too, but for those whose name begins with an underscore.
        plugins: also those that other packages announce; else only what comes with TaskForge.
    """
    found = _Found()
    # Ours first: a plug-in may not take the name of a built-in type.
    points = sorted(entry_points(group=GROUP), key=lambda point: (not _is_ours(point), point.value))
    for value, point in {point.value: point for point in points}.items():
        if plugins or _is_ours(point):
            found.add(value, point.load)
    for module in modules:
        found.add(module, lambda module=module: importlib.import_module(module))
    return Registry(found.types, found.unavailable)


def _is_ours(point: EntryPoint) -> bool:
    return point.value.startswith(OURS)


class _Found:
    def __init__(self) -> None:
        self.types: dict[str, JobType] = {}
        self.unavailable: list[Unavailable] = []

    def add(self, source: str, load_it: Callable[[], object]) -> None:
        try:
            thing = load_it()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a plug-in may raise anything
            self._refuse(source, f"{type(error).__name__}: {error}")
            return
        before = len(self.types) + len(self.unavailable)
        known = False
        for job_type in _declared_in(thing):
            known = known or self.types.get(job_type.name) is job_type
            self._register(source, job_type)
        if isinstance(thing, ModuleType) and hasattr(thing, "__path__"):
            self._add_inner(thing)
        if not known and len(self.types) + len(self.unavailable) == before:
            self._refuse(source, "declares no job type (see taskforge.handlers.base.job_type)")

    def _add_inner(self, package: ModuleType) -> None:
        for inner in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if not inner.name.rpartition(".")[2].startswith("_"):
                self.add(inner.name, lambda name=inner.name: importlib.import_module(name))

    def _register(self, source: str, job_type: JobType) -> None:
        taken = self.types.get(job_type.name)
        if taken is job_type:
            return  # imported into a second module
        reason = _unusable(job_type)
        if taken is not None:
            owner = getattr(taken.run, "__module__", "another module")
            reason = f"the name is taken by {owner}"
        if reason:
            self._refuse(source, reason, job_type.name)
        else:
            self.types[job_type.name] = job_type

    def _refuse(self, source: str, reason: str, name: str | None = None) -> None:
        self.unavailable.append(Unavailable(source=source, name=name, reason=reason[:REASON_LIMIT]))


def _declared_in(thing: object) -> Iterator[JobType]:
    members = list(vars(thing).values()) if isinstance(thing, ModuleType) else [thing]
    for member in members:
        # Asked of functions only: other objects may answer to any name (mocks, lazy proxies).
        job_type = declared(member) if inspect.isfunction(member) else None
        if job_type is not None:
            yield job_type


def _unusable(job_type: JobType) -> str:
    if not inspect.iscoroutinefunction(job_type.run):
        return "its function is not `async def`"
    try:
        _try_to_describe(job_type.payload)
        _try_to_describe(job_type.result)
    except (TypeError, ValueError) as error:
        return f"it cannot be described: {error}"
    return ""


@cache
def _try_to_describe(thing: Any) -> None:
    json_schema(thing)
