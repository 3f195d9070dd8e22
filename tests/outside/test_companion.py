import asyncio
import os
import signal
import sys
import time

import pytest

from support.children import children, running, until
from taskforge.core.companion import CompanionLimits
from taskforge.core.failures import InvalidInput, JobError, JobTimeout, SandboxDied
from taskforge.outside.companion.companions import MAX_COMPANIONS, Companions

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

LIMITS = CompanionLimits(memory_mb=128, seconds=20)


@pytest.fixture
async def companions(deeds):
    companions = Companions()
    yield companions
    await companions.aclose()


class Parts(list):
    def __init__(self):
        super().__init__()
        self.first = asyncio.Event()

    def __call__(self, part):
        self.append(part)
        self.first.set()


def ask(companions, do, given=None, *, key="one", on_part=None, limits=LIMITS):
    return companions.ask(
        "companion_deeds:mix",
        {"do": do, "with": given},
        key=key,
        on_part=on_part,
        limits=limits,
    )


async def talking(companions, do, given=None, **options):
    """A request that has begun to answer."""
    parts = Parts()
    task = asyncio.create_task(ask(companions, do, given, on_part=parts, **options))
    async with asyncio.timeout(20):
        await parts.first.wait()
    return task, parts


async def test_one_process_serves_one_request_after_another(companions):
    first = await ask(companions, "count", "a")
    second = await ask(companions, "count", "b")

    assert (first["count"], second["count"]) == (1, 2)
    assert first["pid"] == second["pid"]
    assert second["request"] == "b"


async def test_a_companion_is_known_by_its_key(companions):
    first, second = await asyncio.gather(
        *(ask(companions, "count", key=key) for key in ("one", "two"))
    )

    assert first["pid"] != second["pid"]


async def test_those_who_come_together_are_served_in_turn(companions):
    answers = await asyncio.gather(*(ask(companions, "count", n) for n in range(20)))

    assert [answer["count"] for answer in answers] == list(range(1, 21))
    assert [answer["request"] for answer in answers] == list(range(20))


async def test_parts_arrive_in_order_before_the_answer(companions):
    parts = Parts()

    assert await ask(companions, "recite", 5_000, on_part=parts) == "done"

    assert parts == list(range(5_000))


async def test_who_leaves_halts_the_request_and_the_process_lives_on(companions):
    task, parts = await talking(companions, "last_until_halted")
    before = time.monotonic()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    after = await ask(companions, "count")

    assert time.monotonic() - before < 1
    assert after["pid"] == parts[0]["pid"]
    assert after["count"] == 2


async def test_a_halted_answer_never_reaches_the_next_request(companions):
    for number in range(30):
        task = asyncio.create_task(ask(companions, "recite", 100_000))
        await asyncio.sleep(number / 3_000)  # cancelled at another point each time
        task.cancel()
        await asyncio.wait({task})
        answer = await ask(companions, "count", number)
        assert answer["request"] == number


async def test_a_process_that_does_not_obey_is_killed_and_replaced(companions):
    task, parts = await talking(companions, "stick")
    before = time.monotonic()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    left = time.monotonic() - before
    after = await ask(companions, "count")

    assert left < 0.5
    assert after["count"] == 1
    assert not running(parts[0]["pid"])


async def test_who_leaves_the_queue_disturbs_nobody(companions):
    task, _ = await talking(companions, "last_until_halted")
    waiting = asyncio.create_task(ask(companions, "count", "waiting"))
    patient = asyncio.create_task(ask(companions, "count", "patient"))
    await asyncio.sleep(0)

    waiting.cancel()
    await asyncio.wait({waiting})
    task.cancel()

    assert (await patient)["request"] == "patient"


async def test_a_request_has_a_time_limit(companions):
    short = CompanionLimits(seconds=0.3)
    await ask(companions, "count")

    with pytest.raises(JobTimeout, match=r"0\.3 s"):
        await ask(companions, "last_until_halted", limits=short)
    with pytest.raises(JobTimeout):
        await ask(companions, "stick", limits=short)

    assert (await ask(companions, "count"))["count"] == 1


async def test_a_part_that_is_refused_ends_the_request(companions):
    def refuse(_):
        raise InvalidInput("too much")

    with pytest.raises(InvalidInput, match="too much"):
        await ask(companions, "last_until_halted", on_part=refuse)

    assert (await ask(companions, "count"))["count"] == 2


async def test_what_the_function_raises_arrives_and_the_process_lives_on(companions):
    before = await ask(companions, "count")

    with pytest.raises(InvalidInput, match="not this"):
        await ask(companions, "refuse", "this")
    with pytest.raises(JobError, match="cannot be handed over"):
        await ask(companions, "return_nonsense")

    assert (await ask(companions, "count"))["pid"] == before["pid"]


async def test_a_crash_is_told_and_the_next_request_gets_a_new_process(companions):
    with pytest.raises(SandboxDied, match="SIGSEGV"):
        await ask(companions, "crash")

    assert (await ask(companions, "count"))["count"] == 1


async def test_a_process_that_was_killed_while_idle_is_replaced_unnoticed(companions):
    first = await ask(companions, "count")
    os.kill(first["pid"], signal.SIGKILL)

    second = await ask(companions, "count")

    assert second["count"] == 1
    assert second["pid"] != first["pid"]


async def test_memory_is_bounded_and_want_of_it_ends_the_process(companions):
    first = await ask(companions, "count")

    with pytest.raises(SandboxDied, match="128 MiB"):
        await ask(companions, "hoard", 400)

    assert (await ask(companions, "count"))["pid"] != first["pid"]


async def test_it_sees_no_secrets_and_lives_in_a_room_of_its_own(companions, monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "s3cret")

    seen = await ask(companions, "look")

    assert "SECRET_KEY" not in seen["env"]
    assert os.path.dirname(seen["cwd"]) == str(tmp_path)
    assert seen["session"] == seen["pid"]
    assert seen["stdin"] == ""


async def test_an_idle_process_ends_and_leaves_nothing(companions, tmp_path):
    idle = CompanionLimits(idle_seconds=0.2)
    first = await ask(companions, "count", limits=idle)

    await until(lambda: not running(first["pid"]) and not list(tmp_path.iterdir()))

    assert companions.pids() == []
    assert (await ask(companions, "count", limits=idle))["count"] == 1


async def test_closing_ends_everything_and_everybody(deeds, tmp_path):
    before = children()
    companions = Companions()
    busy, _ = await talking(companions, "stick")
    waiting = asyncio.create_task(ask(companions, "count"))
    starting = asyncio.create_task(ask(companions, "count", key="two"))
    await asyncio.sleep(0)

    await companions.aclose()
    await asyncio.wait({busy, waiting, starting})

    assert all(task.cancelled() for task in (busy, waiting, starting))
    assert children() == before
    assert list(tmp_path.iterdir()) == []


async def test_it_ends_with_its_worker(deeds, tmp_path):
    script = (
        "import asyncio, os\n"
        "from taskforge.outside.companion.companions import Companions\n"
        "async def main():\n"
        "    companions = Companions()\n"
        "    print(await companions.ask('companion_deeds:count', 1, key='a'), flush=True)\n"
        "    print(companions.pids()[0], flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(deeds.__file__)}
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout
    await worker.stdout.readline()
    pid = int(await worker.stdout.readline())

    worker.kill()
    await worker.communicate()

    await until(lambda: not running(pid))


async def test_there_are_not_ever_more_of_them(companions):
    for number in range(MAX_COMPANIONS + 3):
        await ask(companions, "count", key=str(number))

    assert len(companions.pids()) <= MAX_COMPANIONS


@pytest.mark.parametrize(
    ("function", "request_"), [("nowhere:at_all", 1), ("companion_deeds:count", object())]
)
async def test_what_no_process_can_take_is_refused_at_once(companions, function, request_):
    with pytest.raises(ValueError, match=r"function|JSON"):
        await companions.ask(function, request_, key="a")

    assert companions.pids() == []
