"""What `/metrics` answers with."""

import asyncio
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest, multiprocess
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY

from taskforge.core.keep import Kept
from taskforge.metrics import MULTIPROC_DIR

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
KEPT_SECONDS: Final = 1.0
"""How old the text may be: whoever asks all the time costs no more than one scrape a second."""


def scraped(*, aside: bool) -> Kept[bytes]:
    """What is told to all who scrape.

    Args:
        aside: make it on another thread, for it takes some milliseconds. A loop that does nothing
            else makes it sooner itself: beside a busy one, each change of threads waits for some.
    """
    return Kept(partial(asyncio.to_thread, exposition) if aside else _here, seconds=KEPT_SECONDS)


async def _here() -> bytes:
    return exposition()


def exposition() -> bytes:
    """All metrics of this process, or of all that share its address, as Prometheus reads them."""
    if MULTIPROC_DIR not in os.environ:
        return generate_latest(REGISTRY)
    shared = CollectorRegistry()
    MultiProcessCollector(shared)
    return generate_latest(shared)


@contextmanager
def shared_metrics() -> Generator[Callable[[str], None]]:
    """Let processes that are started within count into one set of metrics.

    Yields:
        Forgets the gauges of a process that has ended, by its name; what it counted stays counted.
    """
    untyped: Any = multiprocess
    before = os.environ.get(MULTIPROC_DIR)
    with TemporaryDirectory(prefix="taskforge-metrics-") as folder:
        os.environ[MULTIPROC_DIR] = folder
        try:
            yield lambda name: untyped.mark_process_dead(name, folder)
        finally:
            del os.environ[MULTIPROC_DIR]
            if before is not None:
                os.environ[MULTIPROC_DIR] = before
