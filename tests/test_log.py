"""What a process says of itself, as its stderr brings it."""

import asyncio
import io
import json
import os
import subprocess
import sys
import threading
from contextvars import Context

import pytest

from taskforge.core.redact import MASK
from taskforge.log import ATOMIC_BYTES, Writer, bind, bound

SCENE = """
import asyncio, logging, threading, warnings
import msgspec
from taskforge import log
from taskforge.config import load

log.configure(load(), "worker")
log.identify(worker="unit-7")
ours, theirs = log.get_logger("taskforge.scene"), logging.getLogger("a.library")

async def attempt(number):
    log.bind(job_id=f"job-{number}", attempt=number)
    await asyncio.sleep(0)
    ours.info("scene.played", number=number)
    theirs.warning("the %s of job-%d", "library", number)

async def play():
    await asyncio.gather(attempt(1), attempt(2))
    ours.info("scene.over")

ours.debug("scene.whispered")
asyncio.run(play())
theirs.warning("refused: %s", "Authorization: Bearer abcdefghijklmnopqrstuvwxyz")
theirs.warning("too few %s %s", "arguments")
logging.getLogger("httpx").info("HTTP Request: GET https://example.com/?key=1")
ours.info("scene.keyed", password="hush", nested={"deep": [{"api_key": "hush"}]})
ours.warning("scene.hostile", said="\\x1b[2J\\r\\nfake \\u202e \\x9b31m \\ud800")
warnings.warn("old ways")
try:
    raise ValueError("at postgresql://ada:hush@db/x")
except ValueError as error:
    ours.error("scene.broke", error=error)
    ours.exception("scene.broke")
    theirs.exception("theirs broke")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise SystemError("the end: token=hush")
"""


def play(**environment):
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", SCENE],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == b""
    return done.stderr.decode()


@pytest.fixture(scope="module")
def lines():
    """What a service says."""
    return [json.loads(line) for line in play().splitlines()]


@pytest.fixture(scope="module")
def drawn():
    """What a person sees."""
    return play(LOG_FORMAT="console", NO_COLOR="1")


def told(lines, event):
    return [line for line in lines if line["event"] == event]


def test_every_line_says_when_how_grave_who_and_what(lines):
    first = told(lines, "scene.played")[0]

    assert first | {"timestamp": "", "service.version": ""} == {
        "timestamp": "",
        "level": "info",
        "logger": "taskforge.scene",
        "event": "scene.played",
        "service.name": "taskforge-worker",
        "service.version": "",
        "worker": "unit-7",
        "job_id": "job-1",
        "attempt": 1,
        "number": 1,
    }
    assert {line["worker"] for line in lines} == {"unit-7"}
    assert all(line["timestamp"].endswith("Z") for line in lines)


def test_libraries_speak_with_the_facts_of_the_context_they_were_called_in(lines):
    said = {line["event"]: line for line in lines if line["logger"] == "a.library"}

    assert said["the library of job-1"]["job_id"] == "job-1"
    assert said["the library of job-2"]["job_id"] == "job-2"
    assert said["the library of job-2"]["level"] == "warning"
    assert "job_id" not in told(lines, "scene.over")[0]


def test_what_is_below_the_level_is_not_said(lines):
    assert told(lines, "scene.whispered") == []
    assert [line for line in lines if line["logger"] == "httpx"] == []


def test_a_librarys_mistake_costs_neither_its_line_nor_another(lines):
    assert [line["event"] for line in lines].count("too few %s %s") == 1


def test_no_secret_is_said(lines):
    assert "hush" not in str(lines)
    assert "abcdefghij" not in str(lines)
    keyed = told(lines, "scene.keyed")[0]
    assert keyed["password"] == "[redacted]"
    assert keyed["nested"] == {"deep": [{"api_key": "[redacted]"}]}


def test_an_error_is_told_in_three_fields(lines):
    short, long = told(lines, "scene.broke")

    assert short["error.type"] == "ValueError"
    assert "error.stack" not in short
    assert long["error.message"] == "at postgresql://ada:[redacted]@db/x"
    assert long["error.stack"].startswith("Traceback (most recent call last):")
    assert told(lines, "theirs broke")[0]["error.type"] == "ValueError"


def test_crashes_and_warnings_are_lines_like_all_others(lines):
    thread, process = told(lines, "thread.crashed")[0], told(lines, "process.crashed")[0]

    assert thread["error.type"] == "ZeroDivisionError"
    assert (process["error.type"], process["level"]) == ("SystemError", "critical")
    assert any("old ways" in line["event"] for line in lines)


def test_a_person_sees_one_line_for_each_event_and_tracebacks_set_in(drawn):
    rows = drawn.splitlines()

    begun = [row for row in rows if not row.startswith("    ")]
    assert [row for row in begun if "[" not in row] == []
    assert sum("scene.hostile" in row for row in rows) == 1
    assert "Traceback (most recent call last):" in {row.strip() for row in rows}


def test_nothing_on_a_terminal_is_obeyed(drawn):
    assert drawn.replace("\n", "").isprintable()
    assert "hush" not in drawn


def test_lines_of_one_turn_go_out_together_in_pieces_that_stay_whole():
    sent = []

    class Stream(io.BytesIO):
        def write(self, piece):
            sent.append(bytes(piece))
            return len(piece)

    writer = Writer(Stream())

    async def speak():
        for n in range(100):
            writer.put(b"%099d\n" % n)
        assert sent == []
        await asyncio.sleep(0)
        return len(sent)

    assert asyncio.run(speak()) == 100 * 100 // (ATOMIC_BYTES // 100 * 100) + 1
    assert b"".join(sent) == b"".join(b"%099d\n" % n for n in range(100))
    assert max(map(len, sent)) <= ATOMIC_BYTES
    assert {piece[-1:] for piece in sent} == {b"\n"}


def test_errors_and_what_is_said_outside_of_a_loop_go_out_at_once():
    stream = io.BytesIO()
    writer = Writer(stream)

    async def speak():
        writer.put(b"one\n")
        writer.put_now(b"two\n")
        return stream.getvalue()

    assert asyncio.run(speak()) == b"one\ntwo\n"
    writer.put(b"three\n")
    assert stream.getvalue().endswith(b"three\n")


def test_a_loop_that_ended_before_its_turn_holds_nothing_back():
    stream = io.BytesIO()
    writer = Writer(stream)
    loop = asyncio.new_event_loop()

    async def speak():
        writer.put(b"one\n")
        loop.stop()

    last = loop.create_task(speak())
    loop.run_forever()
    assert last.done()
    loop.close()
    asyncio.run(_put(writer, b"two\n"))

    assert stream.getvalue() == b"one\ntwo\n"


async def _put(writer, line):
    writer.put(line)


def test_threads_lose_no_line():
    stream = io.BytesIO()
    writer = Writer(stream)
    threads = [
        threading.Thread(target=lambda n=n: [writer.put(b"%d\n" % n) for _ in range(500)])
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(stream.getvalue().splitlines()) == sorted(
        b"0123"[n : n + 1] for n in range(4) for _ in range(500)
    )


def test_a_stream_that_is_gone_is_no_reason_to_end():
    stream = io.BytesIO()
    stream.close()

    Writer(stream).put(b"nobody hears\n")


def test_what_is_bound_says_no_secret_either():
    def facts():
        bind(job_id="job-1", token="hush")
        return bound()

    assert Context().run(facts) == {"job_id": "job-1", "token": MASK}
