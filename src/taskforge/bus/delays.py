"""Growing delays between wrong tries: counted in Redis, by Redis's time, for all processes (S-08).

A ladder has steps: the first wrong tries are free, from the last free one on each doubles the time
until the next try, up to a cap. Whoever tries on a ladder with delays takes the turn: of rivals at
one moment one passes, and the others wait as if it had failed already. All ladders of a try are
asked in one script call. A ladder that nobody climbs is forgotten after a while.

With Redis away each process counts by itself, so that guessing stays slow (it fails closed).

    tf:wrong:<key>    hash: n = wrong tries, at = moment of the next try (ms)
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Literal, NamedTuple

import redis.asyncio
from redis.exceptions import RedisError

from taskforge.log import get_logger

_PATIENCE = 2.0
"""Seconds that Redis may take before it counts as away."""
_RETRY_AWAY = 5.0
"""Seconds before Redis is asked again after it was away."""
_MAX_KEYS = 10_000
"""Ladders remembered in this process while Redis is away."""

_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local deed, known, wait = ARGV[1], {}, 0
for i, key in ipairs(KEYS) do
  local n, at = unpack(redis.call('HMGET', key, 'n', 'at'))
  known[i] = tonumber(n) or 0
  wait = math.max(wait, (tonumber(at) or 0) - now)
end
if deed == 'ask' and wait > 0 then return {wait} end
for i, key in ipairs(KEYS) do
  local a = (i - 1) * 4
  local free, cap = tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3])
  local memory, cleared = ARGV[a + 4], ARGV[a + 5] == '1'
  local n = known[i] + 1
  local next = now + math.min(cap, 1000 * 2 ^ math.min(n - free, 40))
  if deed == 'ask' then
    if n > free then redis.call('HSET', key, 'at', next) end
  elseif deed == 'wrong' then
    known[i] = n
    redis.call('HSET', key, 'n', n)
    if n >= free then redis.call('HSET', key, 'at', next) end
    redis.call('PEXPIRE', key, memory)
  elseif deed == 'right' and cleared then
    redis.call('DEL', key)
  else
    redis.call('HDEL', key, 'at')
  end
end
if deed == 'ask' then return {0} end
return known
"""

Deed = Literal["ask", "wrong", "right", "release"]


class Ladder(NamedTuple):
    """Whose wrong tries count together, and how fast the delays grow."""

    key: str
    free: int
    """Wrong tries up to the first delay, which is a second."""
    cap: int
    """Longest delay in seconds."""
    memory: int
    """Seconds without a wrong try after which all of them are forgotten."""
    cleared: bool = False
    """Whether a right try makes the wrong ones before it forgotten."""


class _Step(NamedTuple):
    """Where a ladder stands in this process; moments of the monotonic clock."""

    wrong: int
    next_at: float
    forgotten_at: float


class Delays:
    """Says when the next try may be, and remembers how it went."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._script = client.register_script(_SCRIPT)
        self._own: dict[str, _Step] = {}
        self._away_until = 0.0
        self._log = get_logger(__name__)

    async def ask(self, ladders: Sequence[Ladder]) -> float:
        """Take the turn; 0, or the seconds until there is one. `wrong`, `right` or `release` it."""
        return (await self._do("ask", ladders))[0] / 1000

    async def wrong(self, ladders: Sequence[Ladder]) -> list[int]:
        """Count a wrong try; how many there are now on each ladder."""
        return await self._do("wrong", ladders)

    async def right(self, ladders: Sequence[Ladder]) -> None:
        """Forget the wrong tries on the ladders that are `cleared`, and give turns back."""
        await self._do("right", ladders)

    async def release(self, ladders: Sequence[Ladder]) -> None:
        """Give the turns back: nothing was tried."""
        await self._do("release", ladders)

    async def _do(self, deed: Deed, ladders: Sequence[Ladder]) -> list[int]:
        if not ladders:
            return [0]
        if time.monotonic() < self._away_until:
            return self._without_redis(deed, ladders)
        arguments: list[str | int] = [deed]
        for one in ladders:
            arguments += [one.free, one.cap * 1000, one.memory * 1000, int(one.cleared)]
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._script(
                    keys=[f"tf:wrong:{one.key}" for one in ladders], args=arguments
                )
        except (RedisError, OSError, TimeoutError) as error:
            self._log.warning("delays.redis_lost", error=error)
            self._away_until = time.monotonic() + _RETRY_AWAY
            return self._without_redis(deed, ladders)

    def _without_redis(self, deed: Deed, ladders: Sequence[Ladder]) -> list[int]:
        now = time.monotonic()
        steps = [self._step(one, now) for one in ladders]
        wait = max(step.next_at - now for step in steps)
        if deed == "ask" and wait > 0:
            return [max(1, round(wait * 1000))]
        for one, step in zip(ladders, steps, strict=True):
            self._own[one.key] = _moved(deed, one, step, now)
        return [0] if deed == "ask" else [self._own[one.key].wrong for one in ladders]

    def _step(self, ladder: Ladder, now: float) -> _Step:
        known = self._own.get(ladder.key)
        if known is not None and known.forgotten_at > now:
            return known
        if len(self._own) >= _MAX_KEYS:
            self._own.clear()
        return _Step(0, 0.0, now + ladder.memory)


def _moved(deed: Deed, ladder: Ladder, step: _Step, now: float) -> _Step:
    """The same as in the script."""
    wrong = step.wrong + 1
    next_at = now + min(ladder.cap, 2.0 ** min(wrong - ladder.free, 40))
    match deed:
        case "ask":
            return step._replace(next_at=next_at) if wrong > ladder.free else step
        case "wrong":
            step = _Step(wrong, step.next_at, now + ladder.memory)
            return step._replace(next_at=next_at) if wrong >= ladder.free else step
        case "right":
            return step._replace(wrong=0 if ladder.cleared else step.wrong, next_at=0.0)
        case "release":
            return step._replace(next_at=0.0)
