"""Engines and connections from Settings; nothing else knows how the driver is named."""

from typing import Any

import msgspec
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from taskforge.config import Settings

POOL_WAIT_SECONDS = 2.0
"""Longer than this for a free connection means 503 (R-85)."""


def driver_url(settings: Settings) -> URL:
    """The database address with the asyncpg driver, whatever driver the user named."""
    url = make_url(settings.database_url).set(drivername="postgresql+asyncpg")
    query = dict(url.query)
    if "sslmode" in query:  # libpq's word; asyncpg's is ssl
        query["ssl"] = query.pop("sslmode")
    return url.set(query=query)


def open_engine(
    settings: Settings, *, statement_seconds: float, pool_size: int | None = None
) -> AsyncEngine:
    """An engine whose connections are in autocommit: one statement is one transaction.

    Flows that need more than one statement open a transaction themselves, with `transaction`.

    Args:
        settings: address and pool size.
        statement_seconds: `statement_timeout` of every connection (R-82).
        pool_size: instead of the settings' own.
    """
    return create_async_engine(
        driver_url(settings),
        isolation_level="AUTOCOMMIT",
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
            },
        },
    )


def dump_json(value: Any) -> str:
    """JSON text for a jsonb column or parameter."""
    return msgspec.json.encode(value).decode()
