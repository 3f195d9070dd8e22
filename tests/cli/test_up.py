"""`taskforge up` as a process, from its start to its ends."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from taskforge.local.servers import Servers

ENDS_SECONDS = 60


def command(*words):
    return [sys.executable, "-m", "taskforge", *words]


@pytest.fixture
def place(tmp_path):
    return tmp_path / "data"


@pytest.fixture
async def up(place, tmp_path, until):
    """An `up` with a database to talk to; no worker, for they are slow to leave."""
    words = command("up", "--data-dir", str(place), "--workers", "0")
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    with (
        (tmp_path / "output").open("w") as sink,
        subprocess.Popen(  # noqa: S603, ASYNC220 - ours, and returns at once
            words, cwd=tmp_path, env=environment, stdout=sink, stderr=sink
        ) as process,
    ):
        await until((place / "up.env").exists, seconds=ENDS_SECONDS)
        yield process
        process.kill()


def test_a_second_up_is_refused_and_down_ends_the_first(up, place, run):
    second = run("up", "--data-dir", str(place))
    down = run("down", "--data-dir", str(place))

    assert second.exit_code == 2
    assert f"already runs in {place} (process {up.pid})" in second.stderr
    assert down.exit_code == 0
    assert up.wait(ENDS_SECONDS) == 0
    assert _residents(place) == []


def test_ctrl_c_is_a_clean_end(up, place):
    up.send_signal(signal.SIGINT)

    assert up.wait(ENDS_SECONDS) == 0
    assert _residents(place) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
async def test_a_killed_up_leaves_nothing_running(up, place, until):
    assert len(_residents(place)) > 1

    up.kill()

    await until(lambda: not _residents(place), seconds=ENDS_SECONDS)


def test_a_port_that_was_asked_for_and_is_taken_is_refused(run, place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        result = run("up", "--data-dir", str(place), "--port", str(port))

    assert result.exit_code == 2
    assert f"port {port} is taken on 127.0.0.1" in result.stderr


def test_an_address_that_is_not_ours_is_refused(run, place):
    result = run("up", "--data-dir", str(place), "--host", "203.0.113.1")

    assert result.exit_code == 2
    assert "cannot listen on 203.0.113.1:8000" in result.stderr


def _residents(place):
    return [one for server in Servers(place).members for one in server.residents()]
