import asyncio

import pytest

from support.waiting import eventually
from taskforge.flows.duties import Ledger
from taskforge.flows.every import every, once, repeat


@pytest.fixture
async def start():
    tasks = []

    def begin(*args, **named):
        tasks.append(asyncio.create_task(repeat(every(*args, **named), Ledger())))
        return tasks[-1]

    yield begin
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_duty_that_fails_is_tried_again(start):
    calls = []

    async def duty():
        calls.append(1)
        raise OSError("away")

    task = start(0.001, "test", duty)

    await eventually(lambda: enough(calls, 3))
    assert not task.done()


async def test_a_full_pass_is_followed_at_once(start):
    left = [10, 10, 10, 3]
    calls = []

    async def duty():
        calls.append(left[len(calls)])
        return calls[-1]

    start(3_600.0, "test", duty, full=10)

    await eventually(lambda: enough(calls, 4))
    assert calls == left


async def test_a_pass_that_did_little_waits_for_its_time(start):
    calls = []

    async def duty():
        calls.append(1)
        return 1

    start(3_600.0, "test", duty)
    await eventually(lambda: enough(calls, 1))
    for _ in range(20):
        await asyncio.sleep(0)

    assert len(calls) == 1


async def test_what_is_to_be_done_once_is_tried_until_it_succeeds():
    calls = []

    async def duty():
        calls.append(1)
        if len(calls) < 3:
            raise OSError("away")
        return 0

    await once(0.001, "test", duty)

    assert len(calls) == 3


async def enough(calls, n):
    return len(calls) >= n
