"""Connections to Redis from Settings."""

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from taskforge.config import Settings

SYNC_CONNECTIONS = 16


def open_client(settings: Settings, *, listening: bool = False) -> redis.asyncio.Redis:
    """The async client: hints, signals, stream, limiter.

    It never repeats a command by itself: a lost reply must not become a second push (R-D1, S-15).

    Args:
        settings: the address.
        listening: for a connection that waits for what others publish, however long.
    """
    return redis.asyncio.Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - its **kwargs carry no types
        settings.redis_url,
        retry=AsyncRetry(NoBackoff(), 0),
        socket_timeout=None if listening else 5.0,
        socket_connect_timeout=2.0,
        health_check_interval=15,
    )


def open_sync_client(settings: Settings) -> redis.Redis:
    """The blocking client for Dramatiq's threads, under the same rule.

    Hundreds of threads share a few connections: acknowledging is all that most of them ever do.
    """
    pool = redis.BlockingConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType] - its **kwargs carry no types
        settings.redis_url,
        max_connections=SYNC_CONNECTIONS,
        timeout=5,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=5.0,
        socket_connect_timeout=2.0,
        health_check_interval=15,
    )
    return redis.Redis(connection_pool=pool)
