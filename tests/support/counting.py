"""How far a metric of this process has moved."""

from collections.abc import Callable

from prometheus_client import REGISTRY


def counting(name: str, **labels: str) -> Callable[[], float]:
    """A function that answers by how much a sample has grown since now; one not there yet is 0."""

    def read() -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    before = read()
    return lambda: read() - before
