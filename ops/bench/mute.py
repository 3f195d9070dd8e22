"""Named among the job modules, this lets a process count nothing: what it costs to count."""

from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from ops.bench.jobs import noop

__all__ = ["noop"]


def _nothing(*_: Any, **__: Any) -> None:
    """In the place of whatever counts."""


for _kind, _name in ((Counter, "inc"), (Gauge, "set"), (Histogram, "observe")):
    setattr(_kind, _name, _nothing)
