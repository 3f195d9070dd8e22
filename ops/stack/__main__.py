"""`python -m ops.stack roll|proof`: restart the stack without a pause, or prove that it works."""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from ops.stack.engine import compose, containers, eventually, restart, until_healthy
from ops.stack.journey import Load, may_hurry, samples, walk, workers_online

ROLES = ("api-2", "api", "scheduler", "worker")
MORE_WORKERS = 4
PROMETHEUS = "http://127.0.0.1:9090"
P99_SECONDS = 2.0
"""Of what jobs wait while everything is restarted."""


def roll() -> None:
    """Restart each container of each role, the next one when the one before is healthy."""
    for service in ROLES:
        for container in containers(service):
            say(f"restarting {service} {container.id[:12]}")
            restart(container)


def proof() -> None:
    """Build the stack, start it from nothing, use it, scale it, restart it under load, remove it.

    Raises:
        AssertionError: something is not as it should be; the stack is left to be looked at.
    """
    compose("--profile", "*", "down", "--volumes")
    compose("up", "--build", "--detach")
    say("healthy:", *(it.service for it in until_healthy()))
    say("a job, seen over the socket:", asyncio.run(walk())["id"])
    say("sample jobs:", json.dumps(eventually(samples_ended, 120, "samples do not end")))
    more = f"worker={MORE_WORKERS}"
    compose("up", "--detach", "--no-deps", "--no-recreate", "--scale", more, "worker")
    eventually(lambda: asyncio.run(workers_online()) == MORE_WORKERS, 60, "workers do not come")
    say(MORE_WORKERS, "workers are online")
    asyncio.run(may_hurry())
    with loaded() as load:
        roll()
    tell(load)
    eventually(all_are_scraped, 60, "Prometheus does not reach every role")
    say("Prometheus reaches every role")
    compose("--profile", "*", "down", "--volumes")


def samples_ended() -> dict[str, int] | None:
    """How the samples ended; None while one of them still runs or waits for a worker."""
    found = asyncio.run(samples())
    open_ones = {it for it in found if it.split()[1] in ("queued", "running")}
    return None if open_ones or not found else dict(found)


def all_are_scraped() -> bool:
    """Whether Prometheus has reached each process of each role in its last look."""
    answer = httpx.get(f"{PROMETHEUS}/api/v1/query", params={"query": "up"}, trust_env=False)
    found = [
        (it["metric"]["job"], it["value"][1])
        for it in answer.raise_for_status().json()["data"]["result"]
    ]
    ours = [value for job, value in found if job.startswith("taskforge-")]
    return len(ours) == 2 + MORE_WORKERS + 1 and set(ours) == {"1"}


@contextmanager
def loaded() -> Iterator[Load]:
    """Requests and jobs without a pause, from another thread."""
    load = Load()
    thread = threading.Thread(target=lambda: asyncio.run(load.run()))
    thread.start()
    try:
        yield load
    finally:
        load.stop()
        thread.join()


def tell(load: Load) -> None:
    """Say how the requests went.

    Raises:
        AssertionError: one failed, or jobs had to wait.
    """
    waits = sorted(load.waits)
    p99 = waits[int(len(waits) * 0.99)]
    say("requests by status:", dict(load.statuses), f"jobs: {len(waits)}, p99 wait {p99:.3f} s")
    assert set(load.statuses) <= {200, 201}, load.statuses
    assert p99 < P99_SECONDS, p99


def say(*words: object) -> None:
    """Tell how far it has come."""
    print(*words, flush=True)  # noqa: T201 - a command of people


def main(words: list[str]) -> None:
    """Do what is asked."""
    match words:
        case ["roll"]:
            roll()
        case ["proof"]:
            proof()
        case _:
            sys.exit("say roll or proof")


if __name__ == "__main__":
    main(sys.argv[1:])
