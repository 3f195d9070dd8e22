"""What a process is, and whether it reaches the servers that it stands on."""

from typing import Final, Literal

from prometheus_client import Gauge

from taskforge import __version__

Role = Literal["api", "worker", "scheduler"]
Dependency = Literal["database", "redis"]

BUILD: Final = Gauge(
    "taskforge_build_info",
    "Constant 1; the labels tell version and role",
    ["version", "role"],
    multiprocess_mode="max",
)
DEPENDENCY_UP: Final = Gauge(
    "taskforge_dependency_up",
    "1 when it answered this process in the last look, 0 when it did not",
    ["dependency"],
    multiprocess_mode="livemin",
)


def introduce(role: Role) -> None:
    """Say what this process is."""
    BUILD.labels(__version__, role).set(1)


def found(dependency: Dependency, *, up: bool) -> None:
    """Note whether a server answered."""
    DEPENDENCY_UP.labels(dependency).set(up)
