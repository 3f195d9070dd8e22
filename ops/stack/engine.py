"""Compose and the engine below it, whichever they are.

COMPOSE is the command (`docker compose`; `podman-compose`), with options if need be; the engine is
ENGINE, or else what COMPOSE begins with. Containers are found by the labels that all of them set.
"""

import os
import shlex
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
import yaml

from taskforge.local.dashboard import WEB

ROOT = WEB.parent
PROJECT = "taskforge"
LABEL = "com.docker.compose"
HEALTHY_SECONDS = 240.0
STOP_SECONDS = 60
"""To leave in, at least; a container that was given more time has it."""

ValueT = TypeVar("ValueT")


class Container(NamedTuple):
    """A container of the stack."""

    id: str
    service: str
    state: str
    """`running`, `exited` and others."""
    health: str
    """`healthy`, or whatever else; empty without a check."""
    exit_code: int
    stop_seconds: int
    """How long it may take to leave."""


def compose(*words: str) -> None:
    """Run a compose command; it talks to the terminal.

    Raises:
        CalledProcessError: it failed.
    """
    subprocess.run([*_compose(), *words], cwd=ROOT, check=True)


def _compose() -> list[str]:
    return shlex.split(os.environ.get("COMPOSE", "docker compose"))


def engine(*words: str) -> str:
    """What a command of the engine says.

    Raises:
        CalledProcessError: it failed.
    """
    name = os.environ.get("ENGINE") or _compose()[0].removesuffix("-compose")
    done = subprocess.run([name, *words], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def containers(service: str | None = None) -> list[Container]:
    """Those of the stack, or of one service, ended ones too."""
    wanted = ["--filter", f"label={LABEL}.project={PROJECT}"]
    if service:
        wanted += ["--filter", f"label={LABEL}.service={service}"]
    ids = engine("ps", "--all", "--quiet", *wanted).split()
    return [_read(it) for it in msgspec.json.decode(engine("inspect", *ids))] if ids else []


def _read(found: Any) -> Container:
    state = found["State"]
    health = (state.get("Health") or {}).get("Status") or ""
    service = found["Config"]["Labels"][f"{LABEL}.service"]
    stop_seconds = max(STOP_SECONDS, found["Config"].get("StopTimeout") or 0)
    return Container(found["Id"], service, state["Status"], health, state["ExitCode"], stop_seconds)


def checked() -> set[str]:
    """Services with a health check."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return {
        name
        for name, it in services.items()
        if ("healthcheck" in it or "build" in it) and not it.get("healthcheck", {}).get("disable")
    }


def until_healthy(services: Sequence[str] | None = None) -> list[Container]:
    """Wait until all that runs is healthy, and what ran once has ended well.

    Raises:
        AssertionError: not within four minutes, or something has failed for good.
    """
    wanted = checked()

    def are() -> list[Container]:
        found = [it for it in containers() if services is None or it.service in services]
        failed = [it for it in found if it.state == "exited" and it.exit_code]
        assert not failed, f"ended with {[(it.service, it.exit_code) for it in failed]}"
        well = all(it.health == "healthy" for it in found if it.service in wanted)
        return found if found and well else []

    return eventually(are, HEALTHY_SECONDS, "not healthy: " + ", ".join(sorted(wanted)))


def eventually(look: Callable[[], ValueT], seconds: float, otherwise: str) -> ValueT:
    """What `look` gives, once it is something.

    Raises:
        AssertionError: nothing within so many seconds.
    """
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.5)
    return found


def restart(container: Container) -> None:
    """End and start a container, and wait until it is healthy again."""
    engine("stop", "-t", str(container.stop_seconds), container.id)
    engine("start", container.id)  # not `restart`: podman wants all that has ended well before up

    def is_well() -> bool:
        return any(
            it.id == container.id and it.health == "healthy" for it in containers(container.service)
        )

    eventually(is_well, HEALTHY_SECONDS, f"{container.service} does not come back")
