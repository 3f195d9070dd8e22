"""The health check of the image."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.front import Answer, front
from support.ports import free_port

HEALTHY = Path(__file__).parents[2] / "ops" / "healthy.py"


def check(port):
    environment = {"API_PORT": str(free_port()), "METRICS_PORT": str(port)}
    line = (sys.executable, HEALTHY)
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (401, 1)])
def test_a_role_is_healthy_when_it_is_ready(status, code):
    with front(lambda path, _: Answer(status if path == "/health/ready" else 404)) as url:
        assert check(url.rpartition(":")[2]).returncode == code


def test_a_role_that_does_not_listen_is_not_healthy():
    done = check(free_port())

    assert (done.returncode, done.stdout) == (1, "no port is open\n")
