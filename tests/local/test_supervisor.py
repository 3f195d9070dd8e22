"""The supervisor, with small real programs."""

import asyncio
import os
import subprocess
import sys
import time

import psutil
import pytest

from taskforge.local.child import LONGEST_LINE, Program, Stopping
from taskforge.local.supervisor import Supervisor

ENV = {"PATH": os.environ["PATH"]}


class Heard(list):
    """What was said, as (name, line)."""

    def say(self, name, line):
        self.append((name, line))

    def lines(self, name):
        return [line for who, line in self if who == name]


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def stopping():
    return Stopping()


@pytest.fixture
def supervisor(heard, stopping):
    return Supervisor(env=ENV, say=heard.say, stopping=stopping, grace_seconds=30)


def shell(name, script):
    return Program(name, ("/bin/sh", "-c", script))


async def test_a_program_that_ends_starts_again(supervisor, heard, stopping, until):
    running = asyncio.create_task(supervisor.run([shell("one", "echo up; exit 3")]))

    await until(lambda: len(heard.lines("one")) >= 2)

    stopping.ask()
    await running
    assert "one ended with exit code 3; it starts again in 0.5 s" in heard.lines("taskforge")


async def test_a_program_that_was_told_to_end_stays_away(supervisor, heard, stopping, until):
    one = shell("one", "echo up")._replace(again="`start` starts it")
    running = asyncio.create_task(supervisor.run([one, shell("two", "exec sleep 300")]))

    await until(lambda: heard.lines("taskforge"))

    assert heard.lines("taskforge") == ["one was told to stop; `start` starts it"]
    assert not running.done()
    stopping.ask()
    await running
    assert heard.lines("one") == ["up"]


async def test_a_program_that_may_be_told_to_end_starts_again_when_it_breaks(
    supervisor, heard, stopping, until
):
    one = shell("one", "echo up; kill -9 $$")._replace(again="`start` starts it")
    running = asyncio.create_task(supervisor.run([one]))

    await until(lambda: len(heard.lines("one")) >= 2)

    stopping.ask()
    await running


async def test_stopping_is_gentle_and_waits(supervisor, heard, stopping, until):
    script = "trap 'sleep 0.2; echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    running = asyncio.create_task(supervisor.run([shell("one", script), shell("two", script)]))
    await until(lambda: heard.lines("one") and heard.lines("two"))

    stopping.ask()
    await running

    assert heard.lines("one")[-1] == heard.lines("two")[-1] == "bye"


async def test_a_second_wish_ends_what_does_not_listen(supervisor, heard, stopping, until):
    script = "trap '' TERM; echo up; while :; do sleep 0.05; done"
    running = asyncio.create_task(supervisor.run([shell("deaf", script)]))
    await until(lambda: heard.lines("deaf"))

    stopping.ask()
    await asyncio.wait([running], timeout=0.3)
    assert not running.done()
    stopping.ask()

    await asyncio.wait_for(running, 5)


async def test_the_grace_period_is_not_endless(heard, stopping, until):
    supervisor = Supervisor(env=ENV, say=heard.say, stopping=stopping, grace_seconds=0.2)
    script = "trap '' TERM; echo up; while :; do sleep 0.05; done"
    running = asyncio.create_task(supervisor.run([shell("deaf", script)]))
    await until(lambda: heard.lines("deaf"))

    stopping.ask()

    await asyncio.wait_for(running, 5)


async def test_what_a_program_started_ends_with_it(supervisor, heard, stopping, until):
    script = "sleep 300 & echo $!; exec sleep 300"
    running = asyncio.create_task(supervisor.run([shell("one", script)]))
    await until(lambda: heard.lines("one"))
    grandchild = psutil.Process(int(heard.lines("one")[0]))

    stopping.ask()
    await running

    await until(lambda: _gone(grandchild))


async def test_stopping_during_the_pause_does_not_start_again(supervisor, heard, stopping, until):
    running = asyncio.create_task(supervisor.run([shell("one", "echo up")]))
    await until(lambda: heard.lines("taskforge"))

    began = time.monotonic()
    stopping.ask()
    await running

    assert time.monotonic() - began < 0.4
    assert heard.lines("one") == ["up"]


async def test_any_output_is_relayed_line_by_line(supervisor, heard, stopping, until):
    program = (
        "import sys; w = sys.stdout.buffer.write; w(b'\\xff\\n'); w(b'x' * 200_000); w(b'\\nend')"
    )
    running = asyncio.create_task(supervisor.run([Program("one", (sys.executable, "-c", program))]))
    await until(lambda: "end" in heard.lines("one"))
    stopping.ask()
    await running

    assert heard.lines("one")[0] == "�"
    assert {len(line) <= LONGEST_LINE for line in heard.lines("one")} == {True}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
async def test_programs_die_with_a_killed_supervisor(killable, until):
    child = psutil.Process(int(killable.stdout.readline()))

    killable.kill()
    killable.wait()

    await until(lambda: _gone(child))


@pytest.fixture
def killable():
    """A supervisor in a process of its own, whose one program says its pid."""
    code = """
import asyncio, os
from taskforge.local.child import Program, Stopping
from taskforge.local.supervisor import Supervisor
async def main():
    supervisor = Supervisor(
        env=os.environ, say=lambda name, line: print(line, flush=True), stopping=Stopping(),
        grace_seconds=1,
    )
    await supervisor.run([Program("one", ("/bin/sh", "-c", "echo $$; exec sleep 300"))])
asyncio.run(main())
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        yield process
        process.kill()


class Fragile:
    """A server of one process that can be ended from outside."""

    name = "fragile"

    def __init__(self):
        self.starts = 1

    def alive(self):
        return self.starts > 1

    async def start(self):
        self.starts += 1


async def test_a_server_that_ends_starts_again(supervisor, heard, stopping, until):
    server = Fragile()
    running = asyncio.create_task(supervisor.run([shell("one", "exec sleep 300")], [server]))

    await until(server.alive)

    stopping.ask()
    await running
    assert heard.lines("taskforge") == ["fragile has ended; it starts again"]


def _gone(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
