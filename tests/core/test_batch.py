import asyncio
from contextvars import ContextVar

import pytest

from taskforge.core.batch import Batcher


class Flights:
    """Records what was flushed; each flight lands when the test says so."""

    def __init__(self) -> None:
        self.taken: list[list[int]] = []
        self.gates: list[asyncio.Event] = []

    async def __call__(self, items):
        self.taken.append(list(items))
        self.gates.append(asyncio.Event())
        await self.gates[-1].wait()
        return [item * 10 for item in items]


async def turns(n=5):
    for _ in range(n):
        await asyncio.sleep(0)


async def test_what_arrives_during_a_flight_shares_the_next():
    flights = Flights()
    batcher = Batcher(flights, limit=10)
    calls = [asyncio.create_task(batcher.put(n)) for n in range(4)]
    await turns()
    assert flights.taken == [[0, 1, 2, 3]]

    late = [asyncio.create_task(batcher.put(n)) for n in (7, 8, 9)]
    await turns()
    flights.gates[0].set()
    await turns()
    flights.gates[1].set()
    await turns()
    for gate in flights.gates:
        gate.set()

    assert await asyncio.gather(*calls, *late) == [0, 10, 20, 30, 70, 80, 90]
    assert [item for batch in flights.taken for item in batch] == [0, 1, 2, 3, 7, 8, 9]


async def test_a_batch_is_never_above_its_limit():
    sizes = []

    async def flush(items):
        sizes.append(len(items))
        await asyncio.sleep(0)
        return items

    batcher = Batcher(flush, limit=4)
    await asyncio.gather(*(batcher.put(n) for n in range(21)))

    assert sum(sizes) == 21
    assert max(sizes) <= 4


async def test_what_a_flush_raises_reaches_each_of_its_callers():
    async def flush(items):
        raise RuntimeError(f"{len(items)} lost")

    batcher = Batcher(flush, limit=10)
    ends = await asyncio.gather(*(batcher.put(n) for n in range(3)), return_exceptions=True)

    assert [type(end) for end in ends] == [RuntimeError] * 3


async def test_a_result_that_is_an_error_is_raised_to_its_caller_alone():
    async def flush(items):
        return [KeyError(item) if item == 1 else item for item in items]

    batcher = Batcher(flush, limit=10)
    ends = await asyncio.gather(*(batcher.put(n) for n in range(3)), return_exceptions=True)

    assert ends[0] == 0
    assert isinstance(ends[1], KeyError)
    assert ends[2] == 2


async def test_a_caller_that_gives_up_does_not_stop_the_flight():
    flights = Flights()
    batcher = Batcher(flights, limit=10)
    first, second = (asyncio.create_task(batcher.put(n)) for n in (1, 2))
    await turns()

    first.cancel()
    await turns()
    for gate in flights.gates:
        gate.set()
    await turns()
    for gate in flights.gates:
        gate.set()

    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second == 20


async def test_drain_waits_for_what_waits_and_for_what_flies():
    done = []

    async def flush(items):
        await asyncio.sleep(0)
        done.extend(items)
        return items

    batcher = Batcher(flush, limit=2)
    for n in range(7):
        batcher.add(n)
    await batcher.drain()

    assert done == list(range(7))


async def test_flights_side_by_side_are_bounded():
    flights = Flights()
    batcher = Batcher(flights, limit=1, flights=2)
    for n in range(5):
        batcher.add(n)
    await turns()

    assert len(flights.taken) == 2
    while len(flights.taken) < 5:
        flights.gates[len(flights.taken) - 2].set()
        await turns()
    for gate in flights.gates:
        gate.set()
    await batcher.drain()
    assert sorted(n for batch in flights.taken for n in batch) == list(range(5))


async def test_a_flush_runs_in_the_context_of_none_of_its_callers():
    caller: ContextVar[str] = ContextVar("caller", default="nobody")
    seen = []

    async def flush(items):
        seen.append(caller.get())
        return items

    caller.set("ada")
    await Batcher(flush, limit=10).put(1)

    assert seen == ["nobody"]
