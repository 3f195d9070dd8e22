"""How late a loop is, as another thread sees it."""

import asyncio
import time

import pytest

from support.waiting import eventually
from taskforge.worker.lag import Lag


@pytest.fixture
async def lag():
    it = Lag(asyncio.get_running_loop())
    yield it
    it.stop()


async def test_a_loop_that_is_blocked_shows_for_how_long(lag):
    lag.start()

    time.sleep(0.3)  # noqa: ASYNC251 - the block is what is measured

    seen = lag.take()  # while it is blocked, as the heart would
    assert seen
    assert seen.worst >= 0.15

    async def ticked():
        return lag.take()

    after = await eventually(ticked)
    assert after.worst >= after.mean >= 0


async def test_nothing_is_known_before_it_ticks_nor_twice(lag):
    assert lag.take() is None

    lag.start()

    assert lag.take() is None
