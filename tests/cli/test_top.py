"""`taskforge top`, on a pipe and on a terminal."""

import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from rich.console import Console

from support.front import Answer, front
from taskforge.cli.output import ExitCode
from taskforge.cli.top_pictures import Frame, picture
from taskforge.cli.top_view import Figures, Rates, Spread, View, shares
from taskforge.core.failure_group import FailureGroup, FailureState
from taskforge.core.failures import ErrorClass
from taskforge.core.fleet import (
    CurrentJob,
    QueueView,
    Wanted,
    WorkerFacts,
    WorkerStatus,
    WorkerView,
)
from taskforge.core.ids import new_id
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus
from taskforge.db.roster import Member, beat

HOSTILE = "\x1b[2J[red]\u202e\nfake"
NOW = datetime.now(UTC)


@pytest.fixture
async def unit(deps):
    member = Member(new_id(), "one", 42, "0.1.0", ["default"], ["email"], 4)
    async with deps.db.connect() as connection:
        await beat(connection, member, status=WorkerStatus.ONLINE, facts=WorkerFacts())
    return member


def test_a_pipe_gets_the_picture_once(client, unit, submitted):
    submitted()

    told = client("top")

    assert told.exit_code == ExitCode.OK
    assert "· 1 queued" in told.stdout
    assert re.search(r"default +1 +0", told.stdout)
    assert re.search(r"one:42 online +0/4", told.stdout)
    assert "\x1b" not in told.stdout


def test_a_program_gets_what_the_api_said(client, unit):
    told = json.loads(client("top", "--json").stdout)

    assert set(told) == {"at", "summary", "queues", "workers", "failures"}
    assert told["workers"]["items"][0]["host"] == "one"
    assert len(told["queues"]["items"]) == 4


def test_an_api_that_is_away_at_first_is_unreachable(client):
    assert client("top", TASKFORGE_URL="http://127.0.0.1:9").exit_code == ExitCode.UNREACHABLE


def test_a_wrong_key_is_not_permitted(client):
    assert client("top", TASKFORGE_API_KEY="tf_wrong").exit_code == ExitCode.NOT_PERMITTED


class Screen:
    """A command on a terminal of its own."""

    def __init__(self, process, master):
        self.process = process
        self._master = master
        self.raw = ""
        Thread(target=self._read, daemon=True).start()

    @property
    def text(self):
        """What was written, without its colours and moves."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.raw)

    def press(self, key):
        os.write(self._master, key.encode())

    def size(self, columns, rows):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def since(self, mark):
        return self.text[mark:]  # what has been read only grows

    def _read(self):
        try:
            while piece := os.read(self._master, 65_536):
                self.raw += piece.decode(errors="replace")
        except OSError:
            return  # the other side has closed


@contextmanager
def terminal(columns, rows, *words, **environment):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-m", "taskforge", *words],
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", **environment},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    try:
        yield Screen(process, master), slave
    finally:
        process.kill()
        process.wait()
        os.close(slave)
        os.close(master)


async def test_a_terminal_is_kept_up_to_date_through_an_absence_of_the_api_and_given_back(
    api, operator_key, until, submitted, tmp_path
):
    environment = {"TASKFORGE_URL": api.url, "TASKFORGE_API_KEY": operator_key}
    with terminal(80, 24, "top", **environment, HOME=str(tmp_path)) as (screen, slave):
        before = termios.tcgetattr(slave)
        await until(lambda: "● live" in screen.text)
        submitted()
        await until(lambda: "· 1 queued" in screen.text)

        screen.press("p")
        await until(lambda: "paused" in screen.text)
        screen.press("p")
        mark = len(screen.text)
        api.kill()
        await until(lambda: "away" in screen.since(mark))
        mark = len(screen.text)
        await api.start()
        await until(lambda: "● live" in screen.since(mark))

        screen.press("q")
        await until(lambda: screen.process.poll() is not None)
        assert screen.process.returncode == 0
        await until(lambda: "\x1b[?1049l" in screen.raw)  # what was there before is back
        assert screen.raw.count("\x1b[?25l") == screen.raw.count("\x1b[?25h")  # and the cursor
        assert termios.tcgetattr(slave) == before


def test_where_there_is_no_socket_everything_is_asked_for(client, unit):
    # Through a proxy that knows nothing of sockets.
    answers = json.loads(client("top", "--json").stdout)
    names = {
        "/api/v1/jobs/metrics/summary": "summary",
        "/api/v1/queues": "queues",
        "/api/v1/workers": "workers",
        "/api/v1/failures": "failures",
    }

    def answer(path, _headers):
        name = names.get(path.partition("?")[0])
        return Answer(200, json.dumps(answers[name]).encode()) if name else Answer(502)

    with front(answer) as url, terminal(
        80, 24, "top", TASKFORGE_URL=url, TASKFORGE_API_KEY="tf_any"
    ) as (screen, _):  # fmt: skip
        screen.process.poll()
        wait_for(screen, "asking every few seconds")
        screen.press("q")
        assert screen.process.wait(20) == 0


def wait_for(screen, text):
    for _ in range(1_000):
        if text in screen.text:
            return
        try:
            screen.process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(f"{text!r} never came: {screen.text[-500:]!r}")


def view(*, many):
    queue = QueueView(
        name="default", priority=Priority.NORMAL, depth=12_345_678, running=1_000, scheduled=9,
        oldest_due_at=NOW, oldest_age_seconds=4_000.0, in_per_minute=60_000.0, out_per_minute=1.0,
        drain_seconds=None, workers=1, slots=1, paused=True, paused_at=NOW, paused_by="ada",
        pause_reason=HOSTILE, resume_at=None, concurrency_limit=None,
    )  # fmt: skip
    job = CurrentJob(
        id=new_id(), type=HOSTILE, priority=Priority.HIGH, attempt=1,
        started_at=NOW - timedelta(seconds=3), timeout_seconds=60,
    )  # fmt: skip
    worker = WorkerView(
        id=new_id(), host=HOSTILE * 3, pid=4_194_304, version="1", queues=["default"] * 9,
        types=[], slots=64, status=WorkerStatus.ONLINE, started_at=NOW, beat_at=NOW,
        heartbeat_age_seconds=0.0, wanted=Wanted.RUN, wanted_by=None, wanted_at=None,
        wanted_reason=None, jobs=[job] * many,
    )  # fmt: skip
    failure = FailureGroup(
        fingerprint="9f2c41d0a7b35e68", type="email", error_class=ErrorClass.INTERNAL,
        kind="RuntimeError", title=HOSTILE * 40, message="", job_id=new_id(), total=5,
        still_failed=1, last_24_hours=1, hourly=[0] * 24, first_seen=NOW, last_seen=NOW,
        queues=["default"], state=FailureState.NEW, resolved_at=None, resolved_by=None, note=None,
    )  # fmt: skip
    figures = Figures(
        by_status=dict.fromkeys(JobStatus, 10**9), duration_seconds=Spread(), at=NOW,
        wait_seconds=Spread(p50=1.0, p95=2.0), throughput_per_minute=1.0,
    )  # fmt: skip
    return View(figures, [queue] * 4, [worker] * many, [failure] * many, away=HOSTILE)


def drawn(view, columns, rows):
    paper = io.StringIO()
    console = Console(file=paper, width=columns, height=rows, color_system=None)
    console.print(picture(view, Rates(), Frame("http://127.0.0.1:8000", rows, 0.0)))
    return paper.getvalue().splitlines()


@pytest.mark.parametrize("size", [(80, 24), (120, 50), (60, 16), (40, 12)])
@pytest.mark.parametrize("many", [0, 1, 40])
def test_it_fits_and_obeys_nothing_whatever_there_is_to_show(size, many):
    columns, rows = size

    lines = drawn(view(many=many), columns, rows)

    assert len(lines) <= rows
    assert max(map(len, lines)) <= columns
    assert "".join(lines).isprintable()


def test_each_part_gets_its_share_of_a_terminal_that_is_too_small():
    text = "\n".join(drawn(view(many=40), 80, 24))

    assert "workers  3 of 40" in text
    assert "running  3 of 1,600" in text
    assert "newest failures  3 of 40" in text


@pytest.mark.parametrize(
    ("wants", "room", "given"),
    [
        ([4, 1, 0, 9], 20, [4, 1, 0, 9]),
        ([4, 9, 9, 9], 12, [3, 3, 3, 3]),
        ([4, 1, 9, 9], 12, [4, 1, 4, 3]),
        ([4, 4], 0, [0, 0]),
        ([4, 4], -3, [0, 0]),
    ],
)
def test_rows_are_shared_fairly(wants, room, given):
    assert shares(wants, room) == given


def test_the_rate_is_what_ended_in_the_last_seconds_and_falls_when_nothing_does():
    rates = Rates()
    for at in range(30):
        rates.note(at, at * 5)

    assert rates.per_second(29) == pytest.approx(5)
    assert rates.per_second(34) == pytest.approx(2.5)
    assert rates.per_second(100) == 0
    assert Rates().per_second(5) is None


def test_the_history_tells_each_part_of_a_minute_and_never_less_than_nothing():
    rates = Rates()
    for at, ended in [(0, 100), (10, 110), (20, 50), (55, 90)]:
        rates.note(at, ended)

    assert rates.history(60, 6) == [10, 0, 0, 0, 0, 40]
