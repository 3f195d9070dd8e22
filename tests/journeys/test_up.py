"""The two commands of the README: everything up, and a job from another terminal."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

READY_SECONDS = 90
END_SECONDS = 60
PAYLOAD = '{"dataset":"sales_q1","operation":"aggregate","rows":50000}'


@pytest.fixture
def environment(tmp_path):
    return {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }


@pytest.fixture
async def up(tmp_path, environment, until):
    """`taskforge up` in an empty folder; what it has said so far."""
    output = tmp_path / "output"
    words = [sys.executable, "-m", "taskforge", "up", "--workers", "1"]
    with (
        output.open("w") as sink,
        subprocess.Popen(  # noqa: S603, ASYNC220 - ours, and returns at once
            words, cwd=tmp_path, env=environment, stdout=sink, stderr=sink
        ) as process,
    ):
        await until(lambda: "TaskForge is ready" in output.read_text(), seconds=READY_SECONDS)
        yield output.read_text
        process.send_signal(signal.SIGINT)
        code = await asyncio.to_thread(process.wait, END_SECONDS)
        process.kill()
    assert code == 0, output.read_text()[-2_000:]


def test_after_up_a_job_is_one_command_away(up, environment, tmp_path):
    words = ("job", "submit", "data_processing", "--payload", PAYLOAD, "--watch")
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "taskforge", *words],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=END_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "as the demo account 'operator'" in done.stderr
    assert "44 of 44 rows, from 50,000" in done.stdout
    assert "operator / operator1234" in up()
