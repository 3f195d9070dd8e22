"""The rate limiter: a sliding window, exact across processes (S-15).

Requests are counted in slices of a hundredth of the window. A slice counts until the whole of it
has left the window, so that in no window, wherever it begins, more than the limit is admitted; the
price is that a request may count for up to one hundredth of the window longer than in an exact log.
One key is one Redis hash of at most 103 small fields, whatever the limit. A check is O(1): it adds
to the running sum, and takes off the slices that have left since the last check, each slice once.
Only a refusal looks at the slices, to say when to come back; each process remembers that moment and
refuses by itself until then, so a flood costs Redis nothing.

Checks that arrive together share one script call, and equal ones one line in it. Time is Redis's.
The client never repeats the script: a lost reply must not count twice.

With Redis away, strict limits hold in this process and the others are open, with an alarm. A task
watches for its return, so that no request waits for a Redis that is known to be away.

    tf:limit:<policy>:<window>:<who>    hash: s = sum, t = newest slice, <slice> = its count
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from contextvars import Context
from typing import Final, NamedTuple

import redis.asyncio
from redis.exceptions import RedisError

from taskforge.bus.own_window import OwnWindow
from taskforge.core.batch import Batcher
from taskforge.log import get_logger
from taskforge.metrics.requests import LIMITER_AWAY

SLICES: Final = 100
PATIENCE: Final = 2.0
"""Seconds that a check waits for Redis until that counts as away: above what a busy loop adds."""
ASK_AGAIN: Final = 1.0
"""Seconds between looks for a Redis that was away."""
_MAX_FULL = 10_000
"""Limits that this process remembers as used up; forgetting one costs a round trip."""
_AWAY = (RedisError, OSError, TimeoutError)

_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = {}
for i, key in ipairs(KEYS) do
  local a = (i - 1) * 4
  local limit, window = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
  local cost, n = tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
  local width = window / SLICES
  local slice = math.floor(now / width)
  local known = redis.call('HMGET', key, 's', 't')
  local sum, last = tonumber(known[1]) or 0, tonumber(known[2]) or slice
  if math.abs(slice - last) > SLICES then -- long ago, or the clock was set back since
    redis.call('DEL', key)
    sum = 0
  else
    slice = math.max(slice, last)
    for old = last - SLICES, slice - SLICES - 1 do
      local count = redis.call('HGET', key, old)
      if count then
        sum = sum - count
        redis.call('HDEL', key, old)
      end
    end
  end
  local granted = n
  if sum + math.max(cost, 1) > limit then granted = 0
  elseif cost > 0 then granted = math.min(n, math.floor((limit - sum) / cost)) end
  if granted * cost > 0 then
    sum = sum + granted * cost
    redis.call('HINCRBY', key, slice, granted * cost)
  end
  redis.call('HSET', key, 's', sum, 't', slice)
  redis.call('PEXPIRE', key, math.ceil(window + 2 * width))
  local wait = 0
  if granted < n then
    local need = sum + math.max(cost, 1) - limit
    wait = window
    for old = slice - SLICES, slice do
      need = need - (redis.call('HGET', key, old) or 0)
      if need <= 0 then
        wait = math.max(1, math.ceil((old + SLICES + 1) * width - now))
        break
      end
    end
  end
  answer[i] = {granted, math.max(0, limit - sum), wait}
end
return answer
""".replace("SLICES", str(SLICES))


class Check(NamedTuple):
    """One request against one limit."""

    policy: str
    """Name of the limit, as told to the client."""
    who: str
    limit: int
    """Most cost in any window."""
    window: int
    """Seconds."""
    cost: int = 1
    """What this request counts for; 0 asks only whether a cost of 1 would pass."""

    @property
    def key(self) -> str:
        """Its key in Redis."""
        return f"tf:limit:{self.policy}:{self.window}:{self.who}"


class Grant(NamedTuple):
    """The answer to a check."""

    allowed: bool
    remaining: int
    """Cost still free in this window."""
    retry_after: float
    """Seconds until the same check may pass; 0 when it passed."""
    check: Check


class Limiter:
    """Checks limits in Redis, and by itself while Redis is away.

    Args:
        client: one that repeats nothing.
    """

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._script = client.register_script(_SCRIPT)
        self._batcher = Batcher(self._flush, limit=500)
        self._full: dict[Check, float] = {}
        self._own: dict[tuple[str, int], OwnWindow] = {}
        self._watch: asyncio.Task[None] | None = None
        self._log = get_logger(__name__)

    @property
    def away(self) -> bool:
        """Whether Redis did not answer when it was last asked."""
        return self._watch is not None

    async def take(self, check: Check, *, strict: bool = False) -> Grant:
        """Count one request, and say whether it may pass.

        Args:
            check: what is asked for.
            strict: with Redis away, count in this process instead of letting everything pass.
        """
        asked_at = time.monotonic()
        full_until = self._full.get(check)
        if full_until is not None:
            wait = full_until - asked_at
            if wait > 0:
                return Grant(False, 0, wait, check)
            self._full.pop(check, None)
        if not self.away:
            try:
                grant = await self._batcher.put(check)
            except _AWAY:
                pass  # `_flush` has raised the alarm
            else:
                if not grant.allowed and check.cost == 1:
                    self._remember_full(grant, asked_at)
                return grant
        return self._without_redis(check) if strict else Grant(True, check.limit, 0.0, check)

    async def close(self) -> None:
        """End the watch for a Redis that is away."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])

    async def _flush(self, checks: Sequence[Check]) -> list[Grant]:
        if self.away:  # it was lost while these waited, and they have waited enough
            raise ConnectionError("Redis is away")
        asked = Counter(checks)
        arguments = [
            part for check, n in asked.items() for part in (check.limit, check.window * 1000,
                                                            check.cost, n)
        ]  # fmt: skip
        try:
            async with asyncio.timeout(PATIENCE):
                answers = await self._script(keys=[check.key for check in asked], args=arguments)
        except _AWAY as error:
            self._lose(error)
            raise
        granted = dict(zip(asked, answers, strict=True))
        grants: list[Grant] = []
        for check in checks:
            answer = granted[check]
            allowed = answer[0] > 0
            answer[0] -= 1
            grants.append(Grant(allowed, answer[1], 0.0 if allowed else answer[2] / 1000, check))
        return grants

    def _remember_full(self, grant: Grant, asked_at: float) -> None:
        """Until no later than Redis meant: it counted after we asked."""
        if len(self._full) >= _MAX_FULL:
            del self._full[next(iter(self._full))]
        self._full[grant.check] = asked_at + grant.retry_after

    def _lose(self, error: BaseException) -> None:
        self._log.warning("limiter.redis_lost", error=error)
        LIMITER_AWAY.set(1)
        self._watch = asyncio.get_running_loop().create_task(
            self._await_return(),
            context=Context(),  # not that of the request which met the loss
        )

    async def _await_return(self) -> None:
        """Ask until the script runs again: a Redis that only answers PING may still refuse it."""
        lost_at = time.monotonic()
        nobody = Check("watch", "nobody", 1, 1, cost=0)
        arguments = [nobody.limit, nobody.window * 1000, nobody.cost, 1]
        answered = False
        while not answered:
            await asyncio.sleep(ASK_AGAIN)
            with suppress(*_AWAY):
                async with asyncio.timeout(PATIENCE):
                    await self._script(keys=[nobody.key], args=arguments)
                answered = True
        self._watch = None
        LIMITER_AWAY.set(0)
        self._log.info("limiter.redis_returned", seconds=round(time.monotonic() - lost_at, 1))

    def _without_redis(self, check: Check) -> Grant:
        kind = (check.policy, check.window)
        own = self._own.get(kind)
        if own is None:
            own = self._own[kind] = OwnWindow(check.window)
        return Grant(*own.take(check.who, limit=check.limit, cost=check.cost), check)
