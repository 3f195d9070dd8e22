import os

import pytest

from support.collector import collecting
from support.waiting import eventually
from taskforge.config import load
from taskforge.tracing.spans import switch
from taskforge.tracing.start import start_tracing, stop_tracing

TOLD = "friend.test, *.partner.test"


@pytest.fixture
def collector():
    with collecting() as it:
        yield it


@pytest.fixture(autouse=True)
def variables(monkeypatch, tmp_path):
    """Nothing of OTEL_* is set, in the environment or in a file."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def settings():
    """No server is needed here."""
    return load({"SECRET_KEY": "s" * 40, "JWT_SECRET_KEY": "j" * 40, "TRACE_HOSTS": TOLD})


@pytest.fixture
def trace(variables, collector, settings):
    """Turns tracing on in this process; give further variables. Answers the engine."""

    def start(**chosen):
        for name, value in {**collector.environment, **chosen}.items():
            variables.setenv(name, value)
        start_tracing(settings, "api")
        assert switch.engine is not None
        return switch.engine

    yield start
    stop_tracing()  # while the collector still listens


@pytest.fixture
def spans(collector):
    """`await spans("name", …)`: the first span of each name, once all of them have come."""

    async def told(*names):
        async def look():
            found = [collector.named(name) for name in names]
            return all(found) and [spans[0] for spans in found]

        return await eventually(look)

    return told
