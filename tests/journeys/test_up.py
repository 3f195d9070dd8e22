"""The two commands of the README: everything up, and a job from another terminal."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys

import httpx
import pytest

from taskforge.core.demo import DEMO_PASSWORDS
from taskforge.core.people import Role

READY_SECONDS = 90
END_SECONDS = 60
PAYLOAD = '{"dataset":"sales_q1","operation":"aggregate","rows":50000}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="module")
def environment(folder):
    return {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }


@pytest.fixture(scope="module")
async def up(folder, environment, until):
    """`taskforge up` in an empty folder; what it has said so far."""
    output = folder / "output"
    words = [sys.executable, "-m", "taskforge", "up", "--workers", "2"]
    with (
        output.open("w") as sink,
        subprocess.Popen(  # noqa: S603, ASYNC220 - ours, and returns at once
            words, cwd=folder, env=environment, stdout=sink, stderr=sink
        ) as process,
    ):
        await until(lambda: "TaskForge is ready" in output.read_text(), seconds=READY_SECONDS)
        yield output.read_text
        process.send_signal(signal.SIGINT)
        code = await asyncio.to_thread(process.wait, END_SECONDS)
        process.kill()
    assert code == 0, output.read_text()[-2_000:]


@pytest.fixture
def command(up, environment, folder):
    """Run a command in another terminal."""

    def command(*words, **more):
        return subprocess.run(  # noqa: S603 - ours
            [sys.executable, "-m", "taskforge", *words],
            cwd=folder,
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=END_SECONDS,
            check=False,
        )

    return command


def test_after_up_a_job_is_one_command_away(up, command):
    done = command("job", "submit", "data_processing", "--payload", PAYLOAD, "--watch")

    assert done.returncode == 0, done.stderr
    assert "as the demo account 'operator'" in done.stderr
    assert "44 of 44 rows, from 50,000" in done.stdout
    assert "operator / operator1234" in up()


async def test_a_worker_that_is_told_to_stop_stays_away_and_the_words_say_how_to_get_another(
    up, command, until
):
    ready = re.search(r"TaskForge is ready +(\S+)", up())
    assert ready
    url = ready[1]
    name = Role.ADMIN.value
    body = {"username": name, "password": DEMO_PASSWORDS[Role.ADMIN]}
    async with httpx.AsyncClient(trust_env=False) as client:
        signed_in = (await client.post(f"{url}/api/v1/auth/login", json=body)).json()
    admin = {"TASKFORGE_TOKEN": signed_in["access_token"]}
    workers = json.loads(command("worker", "list", "--json", **admin).stdout)["items"]
    unit = next(it for it in workers if it["status"] == "online")

    stopped = command("worker", "stop", unit["id"], **admin)

    assert stopped.returncode == 0, stopped.stderr
    await until(lambda: "was told to stop" in up(), seconds=END_SECONDS)
    assert "`taskforge worker` in another terminal starts one" in up()
    shown = json.loads(command("worker", "show", unit["id"], "--json", **admin).stdout)
    assert shown["status"] == "offline"
