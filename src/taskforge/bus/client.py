"""Connections to Redis from Settings."""

from typing import Any

import redis
import redis.asyncio
from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from taskforge.config import Settings
from taskforge.core.link import tcp_options

SYNC_CONNECTIONS = 16


class _Noticing(AbstractConnection):
    """Connects anew once the kernel has closed its socket.

    A connection that times out while it lies in the pool looks sound to redis-py, and to use it is
    no connection error with uvloop but a RuntimeError (MagicStack/uvloop#506).
    """

    @property
    def is_connected(self) -> bool:
        """Whether it can be written to."""
        return super().is_connected and self._writer is not None and not self._writer.is_closing()


class _NoticingTcp(_Noticing, Connection):
    pass


class _NoticingTls(_Noticing, SSLConnection):
    pass


_NOTICING: dict[type[AbstractConnection], type[AbstractConnection]] = {
    Connection: _NoticingTcp,
    SSLConnection: _NoticingTls,
}


def open_client(settings: Settings, *, listening: bool = False) -> redis.asyncio.Redis:
    """The async client: hints, signals, stream, limiter.

    It never repeats a command by itself: a lost reply must not become a second push (R-D1, S-15).

    Args:
        settings: the address.
        listening: for a connection that waits for what others publish, however long.
    """
    client = redis.asyncio.Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - its **kwargs carry no types
        settings.redis_url,
        retry=AsyncRetry(NoBackoff(), 0),
        socket_timeout=None if listening else 5.0,
        socket_connect_timeout=2.0,
        health_check_interval=15,
        **_watched(settings),
    )
    pool = client.connection_pool
    pool.connection_class = _NOTICING.get(pool.connection_class, pool.connection_class)
    return client


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
        **_watched(settings),
    )
    return redis.Redis(connection_pool=pool)


def _watched(settings: Settings) -> dict[str, Any]:
    """Let the kernel find out when the server's host is gone: a listener has no other limit."""
    if settings.redis_url.startswith("unix:"):
        return {}
    return {"socket_keepalive": True, "socket_keepalive_options": tcp_options()}
