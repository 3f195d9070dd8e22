"""Waiting for a body: what ends the wait, and what must not be mistaken for it."""

import asyncio
from typing import Any

import pytest

from taskforge.api import patience
from taskforge.api.patience import Patience
from taskforge.core.errors import Malformed


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "GRACE_SECONDS", 0.05)
    monkeypatch.setattr(patience, "TICK_SECONDS", 0.01)


async def for_ever() -> Any:
    await asyncio.Event().wait()


def saying(*messages: dict[str, Any]) -> Any:
    left = list(messages)

    async def receive() -> Any:
        return left.pop(0) if left else await for_ever()

    return receive


PART = {"type": "http.request", "body": b"x", "more_body": True}
END = {"type": "http.request", "body": b"x", "more_body": False}
GONE = {"type": "http.disconnect"}


async def test_a_body_that_stops_is_too_slow():
    receive = Patience().in_time(saying(PART))
    await receive()

    with pytest.raises(Malformed) as caught:
        await receive()

    assert caught.value.code == "too_slow"


async def test_a_body_that_ends_early_is_cut_off():
    receive = Patience().in_time(saying(PART, GONE))
    await receive()

    with pytest.raises(Malformed) as caught:
        await receive()

    assert caught.value.code == "cut_off"


async def test_after_the_body_one_may_wait_for_the_end_as_long_as_one_likes():
    receive = Patience().in_time(saying(END))
    await receive()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await receive()


async def test_who_is_cancelled_by_another_stays_cancelled():
    waiting = asyncio.ensure_future(Patience().in_time(saying())())
    await asyncio.sleep(0)

    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_many_waits_end_and_leave_nothing_behind():
    shared = Patience()

    ends = await asyncio.gather(
        *(shared.in_time(saying(PART))() for _ in range(50)),
        *(shared.in_time(saying())() for _ in range(50)),
        return_exceptions=True,
    )

    assert ends[:50] == [PART] * 50
    assert {type(end) for end in ends[50:]} == {Malformed}
