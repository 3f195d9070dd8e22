"""Redis itself: what it is, how large, how busy, and what the event stream holds."""

import time
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from taskforge.bus.cursor import STREAM_KEY, EntryId


class RedisFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What Redis, or Valkey, tells of itself."""

    seconds: float
    """How long it took to answer."""
    server: str
    """`redis` or `valkey`."""
    version: str
    memory_bytes: int
    max_memory_bytes: int
    """0 is no limit."""
    clients: int


class RedisCare(msgspec.Struct, frozen=True, kw_only=True):
    """How well Redis keeps what it is given; None is what it does not tell us."""

    server: str
    version: str
    now: datetime
    eviction: str | None
    """What it does when its memory is full."""
    keeps: bool | None
    """Whether every change is written to disk, as an append-only file is."""


class StreamFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the event stream holds."""

    entries: int
    """Kept for clients that resume; each has one frame or many."""
    lag_seconds: float | None
    """How far behind the newest entry this process reads; null while nobody follows here."""


async def redis_facts(redis: Redis) -> RedisFacts:
    """What Redis tells of itself.

    Raises:
        redis.RedisError: it is away.
    """
    started = time.perf_counter()
    client: Any = redis  # its **kwargs carry no types
    told: dict[str, Any] = await client.info("server", "memory", "clients")
    server = str(told.get("server_name", "redis"))
    return RedisFacts(
        seconds=round(time.perf_counter() - started, 4),
        server=server,
        version=str(told.get(f"{server}_version", told["redis_version"])),
        memory_bytes=told["used_memory"],
        max_memory_bytes=told.get("maxmemory", 0),
        clients=told["connected_clients"],
    )


async def redis_care(redis: Redis) -> RedisCare:
    """How well Redis keeps what it is given.

    Raises:
        redis.RedisError: it is away.
    """
    client: Any = redis
    seconds, micros = await client.time()
    try:
        told: dict[str, Any] = await client.info("server", "memory", "persistence")
    except ResponseError:  # this account may not ask (S-51)
        told = {}
    server = str(told.get("server_name", "redis"))
    return RedisCare(
        server=server,
        version=str(told.get(f"{server}_version", told.get("redis_version", "?"))),
        now=datetime.fromtimestamp(seconds + micros / 1e6, UTC),
        eviction=told.get("maxmemory_policy"),
        keeps=bool(told["aof_enabled"]) if told else None,
    )


async def stream_facts(redis: Redis, reader: EntryId | None) -> StreamFacts:
    """What the event stream holds.

    Args:
        redis: any client.
        reader: how far this process has read; None when it does not read.

    Raises:
        redis.RedisError: it is away.
    """
    entries = int(await redis.xlen(STREAM_KEY))
    newest = cast("list[tuple[bytes, Any]]", await redis.xrevrange(STREAM_KEY, count=1))
    lag = None
    if reader is not None:
        last = EntryId.parse(newest[0][0].decode()) if newest else reader
        lag = max(0, last.ms - reader.ms) / 1_000
    return StreamFacts(entries=entries, lag_seconds=lag)
