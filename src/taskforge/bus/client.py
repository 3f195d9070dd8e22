"""Connections to Redis from Settings."""

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from taskforge.config import Settings

_COMMON = {
    "socket_timeout": 5.0,
    "socket_connect_timeout": 2.0,
    "health_check_interval": 15,
}


def open_client(settings: Settings) -> redis.asyncio.Redis:
    """The async client: hints, signals, stream, limiter.

    It never repeats a command by itself: a lost reply must not become a second push (R-D1, S-15).
    """
    return redis.asyncio.Redis.from_url(
        settings.redis_url, retry=AsyncRetry(NoBackoff(), 0), **_COMMON
    )


def open_sync_client(settings: Settings) -> redis.Redis:
    """The blocking client for Dramatiq's threads, under the same rule."""
    return redis.Redis.from_url(settings.redis_url, retry=Retry(NoBackoff(), 0), **_COMMON)
