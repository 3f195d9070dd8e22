"""How the installation fares: each part is asked by itself, so that one that is away is a line."""

import asyncio
import platform
from collections.abc import Awaitable
from datetime import datetime
from typing import Literal, TypeVar

import msgspec
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from taskforge import __version__
from taskforge.bus.cursor import EntryId
from taskforge.bus.server import RedisFacts, StreamFacts, redis_facts, stream_facts
from taskforge.config import Settings
from taskforge.core.duties import DutyView
from taskforge.db.duties import list_duties
from taskforge.db.revisions import head
from taskforge.db.server import DatabaseFacts, PoolUse, database_facts, pool_use
from taskforge.flows.deps import Deps
from taskforge.flows.effective import EffectiveSetting
from taskforge.log import get_logger

PATIENCE_SECONDS = 2.0
"""For each part."""
LATE_SECONDS = 1.0
HEAD = head()
"""The revision that this code was written for; read once, it is part of the code."""
log = get_logger(__name__)

FactsT = TypeVar("FactsT")


class Features(msgspec.Struct, frozen=True, kw_only=True):
    """What is switched on."""

    registration: bool
    """Whether anyone may make an account."""
    mail_sink: bool
    """Whether mail goes to the mailbox and nowhere else."""
    docs: bool
    """Whether the description of the API is served."""


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """What everyone may know, before they sign in."""

    environment: Literal["development", "test", "production"]
    features: Features


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """The code, and what it runs on."""

    version: str
    python: str
    platform: str


BUILD = Build(
    version=__version__, python=platform.python_version(), platform=platform.platform(terse=True)
)


class SchedulerView(msgspec.Struct, frozen=True, kw_only=True):
    """A scheduler that told of a duty last."""

    name: str
    """Host and process."""
    told_at: datetime


class SchedulerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """How the duties of the schedulers fare; `GET /schedules/system` has each of them."""

    seen: list[SchedulerView]
    """The latest first."""
    lag_seconds: float | None
    """Of the duty that is latest; null when no scheduler ever told of one."""
    late: list[str]
    """Names of the duties that are late by more than a second."""
    failing: list[str]
    """Names of those whose last pass failed."""


class SystemView(msgspec.Struct, frozen=True, kw_only=True):
    """How the installation fares, as one API process sees it; null is a part that is away."""

    build: Build
    head: str
    """The revision of the tables that the code was written for."""
    installation: Installation
    database: DatabaseFacts | None
    pool: PoolUse
    redis: RedisFacts | None
    stream: StreamFacts | None
    schedulers: SchedulerFacts | None
    live_connections: int
    """Sockets and event streams that this process serves."""
    settings: list[EffectiveSetting]


def installation(settings: Settings) -> Installation:
    """What everyone may know."""
    return Installation(
        environment=settings.environment,
        features=Features(
            registration=settings.allow_registration,
            mail_sink=settings.mail_sink and not settings.smtp_url,
            docs=settings.docs_public,
        ),
    )


async def look(
    deps: Deps, settings: list[EffectiveSetting], *, reader: EntryId | None, live_connections: int
) -> SystemView:
    """How the installation fares.

    Args:
        deps: of this process.
        settings: in effect since it started.
        reader: how far it has read the event stream; None when nobody follows.
        live_connections: that it serves.
    """
    database, schedulers, redis, stream = await asyncio.gather(
        _asked(_database(deps)),
        _asked(_schedulers(deps)),
        _asked(redis_facts(deps.redis)),
        _asked(stream_facts(deps.redis, reader)),
    )
    return SystemView(
        build=BUILD,
        head=HEAD,
        installation=installation(deps.settings),
        database=database,
        pool=pool_use(deps.db),
        redis=redis,
        stream=stream,
        schedulers=schedulers,
        live_connections=live_connections,
        settings=settings,
    )


async def _asked(part: Awaitable[FactsT]) -> FactsT | None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await part
    except (SQLAlchemyError, RedisError, OSError, TimeoutError) as error:
        log.warning("system.part_away", error=error)
        return None


async def _database(deps: Deps) -> DatabaseFacts:
    async with deps.db.connect() as connection:
        return await database_facts(connection)


async def _schedulers(deps: Deps) -> SchedulerFacts:
    async with deps.db.connect() as connection:
        return fare_of(await list_duties(connection))


def fare_of(duties: list[DutyView]) -> SchedulerFacts:
    """What the duties say of those who do them."""
    told: dict[str, datetime] = {}
    for it in duties:
        if it.scheduler and it.ran_at:
            told[it.scheduler] = max(it.ran_at, told.get(it.scheduler, it.ran_at))
    latest = sorted(told.items(), key=lambda one: one[1], reverse=True)
    return SchedulerFacts(
        seen=[SchedulerView(name=name, told_at=at) for name, at in latest],
        lag_seconds=max((it.lag_seconds or 0.0 for it in duties if it.ran_at), default=None),
        late=[it.name for it in duties if (it.lag_seconds or 0.0) > LATE_SECONDS],
        failing=[it.name for it in duties if it.ok is False],
    )
