"""Following a job while the way to the API breaks."""

import json
import signal
import threading
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from support.front import Answer, front
from taskforge.cli.client import Api
from taskforge.cli.client_http import Http
from taskforge.cli.client_live import Follower, Seen
from taskforge.cli.session import Fixed
from taskforge.cli.watching import watch
from taskforge.core.events import LogLine
from taskforge.core.job import JobRow, Progress
from taskforge.core.people import Principal, Role
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus
from taskforge.db import people
from taskforge.flows import control

END_SECONDS = 40


@pytest.fixture
async def boss(deps, operator_key):
    async with deps.db.connect() as connection:
        person = await people.find_by_name(connection, "olga")
    assert person is not None
    return Principal(person.id, person.username, Role.OPERATOR)


@pytest.fixture
def follow(operator_key):
    """Follow a job in a thread; what was seen so far, and the thread."""

    def follow(url, job_id):
        seen = []
        follower = Follower(Api(Http(url), Fixed("X-API-Key", operator_key)), UUID(job_id))
        thread = threading.Thread(target=_note, args=(follower, seen), daemon=True)
        thread.start()
        return seen, thread

    return follow


def _note(follower, seen):
    for one in follower.follow():
        seen.append(one.job.status)


async def test_a_change_is_seen_over_the_socket(api, submitted, follow, deps, boss, until):
    job_id = submitted()
    seen, thread = follow(api.url, job_id)
    await until(lambda: len(seen) >= 2)  # as asked for, and again when the socket was open

    await control.cancel(deps, UUID(job_id), boss)

    await until(lambda: not thread.is_alive())
    assert seen[-1] is JobStatus.CANCELLED


async def test_an_api_that_dies_and_returns_is_followed_again(
    api, submitted, follow, deps, boss, until
):
    job_id = submitted()
    seen, thread = follow(api.url, job_id)
    await until(lambda: len(seen) >= 2)

    api.kill()
    await control.cancel(deps, UUID(job_id), boss)
    await api.start()

    await until(lambda: not thread.is_alive(), seconds=END_SECONDS)
    assert seen[-1] is JobStatus.CANCELLED


async def test_without_a_socket_requests_wait(proxy, submitted, follow, deps, boss, until):
    job_id = submitted()
    seen, thread = follow(proxy, job_id)
    await until(lambda: len(seen) >= 2)

    await control.cancel(deps, UUID(job_id), boss)

    await until(lambda: not thread.is_alive())
    assert seen[-1] is JobStatus.CANCELLED


def test_an_interrupt_leaves_the_job_alone(client, api, submitted, command, operator_key):
    job_id = submitted()
    watcher = command(
        *("job", "watch", job_id), TASKFORGE_URL=api.url, TASKFORGE_API_KEY=operator_key
    )
    while "queued" not in watcher.stderr.readline():
        assert watcher.poll() is None

    watcher.send_signal(signal.SIGINT)
    _, said = watcher.communicate(timeout=END_SECONDS)

    assert watcher.returncode == 130
    assert "the job goes on" in said
    assert json.loads(client("job", "get", job_id, "--json").stdout)["status"] == "queued"


@pytest.fixture
def proxy(api):
    """A proxy before the API that knows nothing of sockets."""

    def pass_on(path, headers):
        if "upgrade" in headers:
            return Answer(502)
        key = {"X-API-Key": headers["x-api-key"]}
        answer = httpx.get(api.url + path, headers=key, trust_env=False)
        return Answer(answer.status_code, answer.content)

    with front(pass_on) as url:
        yield url


def test_lines_tell_each_stage_and_each_tenth_once(capsys, at):
    watch(
        Seen(row(at, Progress(percent=float(percent), stage=stage)))
        for stage, percent in [("load", 1), ("load", 5), ("load", 12), ("sum", 13), ("sum", 14)]
    )

    told = capsys.readouterr().err.splitlines()
    assert told == ["▶ running, attempt 1", "  1.0 %  load", " 12.0 %  load", " 13.0 %  sum"]


def test_what_a_job_says_cannot_steer_the_terminal(capsys, at):
    line = LogLine(seq=1, at=at, attempt=1, level="info", message="\x1b[2J[red]x\u202e\x9b")

    watch([Seen(row(at, Progress(percent=1, message="\x1b]0;t\x07")), line), Seen(row(at, None))])

    told = capsys.readouterr().err
    assert "[red]x" in told
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(told)


@pytest.fixture
def at():
    return datetime.now(UTC)


def row(at, progress):
    return JobRow(
        id=UUID(int=1),
        type="t",
        priority=Priority.NORMAL,
        status=JobStatus.RUNNING,
        attempt=1,
        failures=0,
        max_retries=3,
        version=2,
        created_at=at,
        run_at=at,
        timeout_seconds=9,
        progress=progress,
    )
