"""Values that are kept for a moment."""

import asyncio

import pytest

from taskforge.core.keep import Kept


async def test_a_value_is_made_once_for_all_who_ask_meanwhile():
    made: list[int] = []
    go_on = asyncio.Event()

    async def make() -> int:
        made.append(1)
        await go_on.wait()
        return len(made)

    kept = Kept(make, seconds=60)
    asking = [asyncio.create_task(kept.get()) for _ in range(5)]
    go_on.set()

    assert await asyncio.gather(*asking) == [1] * 5


async def test_a_value_that_is_too_old_is_made_anew():
    made: list[int] = []

    async def make() -> int:
        made.append(1)
        return len(made)

    kept = Kept(make, seconds=-1)

    assert [await kept.get(), await kept.get()] == [1, 2]


async def test_a_failure_is_not_kept():
    answers = iter([RuntimeError("away"), 7])

    async def make() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    kept = Kept(make, seconds=60)

    with pytest.raises(RuntimeError):
        await kept.get()
    assert await kept.get() == 7
