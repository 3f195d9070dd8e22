"""Engines and connections from Settings; nothing else knows how the driver is named."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from socket import AF_UNIX, IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET
from typing import Any

import msgspec
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as SATimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from taskforge.config import Settings
from taskforge.core.link import (
    AGAIN_SECONDS,
    ASK_SECONDS,
    GIVE_UP_SECONDS,
    TIMES,
    tcp_options,
)

POOL_WAIT_SECONDS = 2.0
"""Longer than this for a free connection means 503 (R-85)."""


_GREEDY = ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "sort")
"""Plan steps that read a whole table or index before the first row."""
_SERVER_LINK = {
    "tcp_keepalives_idle": str(ASK_SECONDS),
    "tcp_keepalives_interval": str(AGAIN_SECONDS),
    "tcp_keepalives_count": str(TIMES),
    "tcp_user_timeout": str(GIVE_UP_SECONDS * 1_000),
}
"""For the server's end: what a host that is gone has left behind there is given up as soon."""


def driver_url(settings: Settings) -> URL:
    """The database address with the asyncpg driver, whatever driver the user named."""
    url = make_url(settings.database_url).set(drivername="postgresql+asyncpg")
    query = dict(url.query)
    if "sslmode" in query:  # libpq's word; asyncpg's is ssl
        query["ssl"] = query.pop("sslmode")
    return url.set(query=query)


def open_engine(
    settings: Settings,
    *,
    statement_seconds: float,
    pool_size: int | None = None,
    by_key: bool = False,
) -> AsyncEngine:
    """An engine whose connections are in autocommit: one statement is one transaction.

    Flows that need more than one statement open a transaction themselves, with `transaction`.

    Args:
        settings: address and pool size.
        statement_seconds: `statement_timeout` of every connection (R-82).
        pool_size: instead of the settings' own.
        by_key: plan every statement as look-ups by index. Statistics lag behind a queue that fills
            in a second, and `LIMIT $1` is taken for a tenth of the table, so that the planner
            would scan and hash whole tables for a claim. For workers and schedulers, whose every
            statement has its index.
    """
    plans = {f"enable_{step}": "off" for step in _GREEDY if by_key}
    if by_key:
        plans["plan_cache_mode"] = "force_generic_plan"  # nothing is left to choose
    engine = create_async_engine(
        driver_url(settings),
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # or the message of an error would take payloads into the log (S-45)
        pool_size=pool_size or settings.database_pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_pre_ping=False,
        pool_recycle=1_800,
        pool_use_lifo=True,
        json_serializer=dump_json,
        json_deserializer=msgspec.json.decode,
        connect_args={
            "timeout": 5,
            "command_timeout": statement_seconds + 5,
            "server_settings": {
                "application_name": "taskforge",
                "statement_timeout": str(int(statement_seconds * 1000)),
                "lock_timeout": "2000",
                "idle_in_transaction_session_timeout": "10000",
                "jit": "off",
                **_SERVER_LINK,
                **plans,
            },
        },
    )
    event.listen(engine.sync_engine, "connect", _watch_link)
    return engine


def dump_json(value: Any) -> str:
    """JSON text for a jsonb column or parameter."""
    return msgspec.json.encode(value).decode()


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
    """One READ COMMITTED transaction for statements that must commit together."""
    async with engine.connect() as connection, together(connection):
        yield connection


@asynccontextmanager
async def together(connection: AsyncConnection) -> AsyncGenerator[None]:
    """One READ COMMITTED transaction on a connection that is in autocommit."""
    await connection.execution_options(isolation_level="READ COMMITTED")
    async with connection.begin():
        yield


def lock_was_busy(error: BaseException) -> bool:
    """Whether a statement gave up because another transaction held the row (55P03)."""
    return _sqlstate(error) in {"55P03", "40P01"}


def was_refused(error: BaseException) -> bool:
    """Whether a value cannot be stored: text with a NUL (class 22) or with half a character."""
    return isinstance(error, UnicodeEncodeError) or (_sqlstate(error) or "")[:2] == "22"


def is_away(error: BaseException) -> bool:
    """Whether the database could not be reached or could not go on: worth trying again.

    That is a lost or refused connection, a server that starts, stops, is read-only or has no room
    (classes 08, 53, 57P, 58 and 25006), a pool without a free connection, or a statement that was
    timed out (57014).
    """
    if isinstance(error, (OSError, SATimeout, TimeoutError)):
        return True
    state = _sqlstate(error)
    if state is None:
        return isinstance(error, DBAPIError) and error.connection_invalidated
    return state[:2] in {"08", "53", "58"} or state[:3] == "57P" or state in {"25006", "57014"}


def _watch_link(connection: Any, _record: Any) -> None:
    """Let the kernel find out when the server's host is gone (R-85); for a new connection."""
    transport = connection.driver_connection._transport  # asyncpg has no option of its own for this
    link = transport.get_extra_info("socket")
    if link.family == AF_UNIX:
        return
    link.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
    for option, value in tcp_options().items():
        link.setsockopt(IPPROTO_TCP, option, value)


def _sqlstate(error: BaseException) -> str | None:
    return getattr(getattr(error, "orig", error), "sqlstate", None)
