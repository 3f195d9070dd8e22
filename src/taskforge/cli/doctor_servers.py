"""What `taskforge doctor` asks the servers: whether they answer, and keep what they are given."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from redis.exceptions import RedisError
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from taskforge.bus.client import open_client
from taskforge.bus.server import RedisCare, redis_care
from taskforge.cli.client import open_http
from taskforge.cli.finding import Finding, advice, fine, missing
from taskforge.cli.output import ExitCode
from taskforge.config import Settings, layers
from taskforge.core.errors import TaskForgeError, Unavailable
from taskforge.db.engine import driver_url
from taskforge.db.revisions import head
from taskforge.db.server import DatabaseCare, database_care

PATIENCE_SECONDS = 5
START = "just up, or set DATABASE_URL and REDIS_URL"
SKEW_SECONDS = 2.0
"""Clocks that differ by more make ages and times of the log misleading."""
WRONG_SECONDS = 30.0
"""And by more than this sessions end before they begin, or hardly ever."""
SET_CLOCK = "keep the clocks by NTP: timedatectl set-ntp true"
LEAST_POSTGRES = 160_000
"""`server_version_num`; the statements are written for 16 and later."""


async def database(settings: Settings) -> Sequence[Finding]:
    """Whether PostgreSQL answers, has our tables, keeps what it is given, and knows the time."""
    where = make_url(settings.database_url).render_as_string(hide_password=True)
    engine = create_async_engine(driver_url(settings), connect_args={"timeout": PATIENCE_SECONDS})
    try:
        async with engine.connect() as connection:
            before = datetime.now(UTC)
            care = await database_care(connection)
            skew = _skew(before, care.now)
    except (OSError, TimeoutError, DBAPIError) as error:
        return [missing("database", _silence(where, error), START, ExitCode.UNREACHABLE)]
    finally:
        await engine.dispose()
    return [_tables(where, care), *_keeping(care), clock("PostgreSQL", skew)]


async def redis(settings: Settings) -> Sequence[Finding]:
    """Whether Redis answers, keeps what it is given, and knows the time."""
    where = re.sub("//[^/@]*@", "//***@", settings.redis_url)
    client = open_client(settings)
    try:
        before = datetime.now(UTC)
        care = await redis_care(client)
        skew = _skew(before, care.now)
    except (OSError, TimeoutError, RedisError) as error:
        return [missing("Redis", _silence(where, error), START, ExitCode.UNREACHABLE)]
    finally:
        await client.aclose()
    return [_memory(where, care), *_persistence(care), clock("Redis", skew)]


async def api(_: Settings) -> Sequence[Finding]:
    """Whether the API answers where clients of this folder look for it."""
    try:
        http = open_http(layers())
        http.send("GET", "/health/ready")
    except Unavailable as error:
        return [advice("API", error.detail, "just up, or taskforge api; --port when it is taken")]
    except TaskForgeError as error:
        return [advice("API", f"somebody else answers: {error.detail}", "set TASKFORGE_URL")]
    return [fine("API", f"{http.url} is ready")]


def clock(whose: str, skew: float) -> Finding:
    """Whether a server's clock goes like ours.

    Args:
        whose: name of the server.
        skew: seconds that it is ahead; negative when it is behind.
    """
    name = f"clock of {whose}"
    off = f"{abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} ours"
    if abs(skew) > WRONG_SECONDS:
        return missing(name, off, SET_CLOCK)
    if abs(skew) > SKEW_SECONDS:
        return advice(name, off, SET_CLOCK)
    return fine(name, f"within {SKEW_SECONDS:g} s of ours")


def _tables(where: str, care: DatabaseCare) -> Finding:
    known = head()
    if care.version_number < LEAST_POSTGRES:
        old = f"{where} is PostgreSQL {care.version}"
        return missing("database", old, "use PostgreSQL 16 or later", ExitCode.CONFLICT)
    if care.revision is None or care.revision < known:
        behind = f"{where} is at revision {care.revision or 'none'}, not {known}"
        return missing("database", behind, "taskforge migrate", ExitCode.CONFLICT)
    if care.revision > known:
        ahead = f"{where} is at revision {care.revision}; this release knows {known}"
        return advice("database", ahead, "install the release that made it")
    return fine("database", f"{where}, PostgreSQL {care.version}, revision {care.revision}")


def _keeping(care: DatabaseCare) -> Sequence[Finding]:
    if care.careless:
        said = f"{', '.join(care.careless)}: what was accepted may be lost when its machine fails"
        return [advice("durability", said, "switch them on in postgresql.conf")]
    return []


def _memory(where: str, care: RedisCare) -> Finding:
    policy = care.eviction
    if policy not in (None, "noeviction"):
        said = f"{where} drops keys when it is full ({policy}): jobs would start late"
        return advice("Redis", said, "CONFIG SET maxmemory-policy noeviction")
    return fine("Redis", f"{where}, {care.server} {care.version}")


def _persistence(care: RedisCare) -> Sequence[Finding]:
    if care.keeps is False:
        said = "no append-only file: after its restart jobs start late, and limits begin anew"
        return [advice("persistence", said, "CONFIG SET appendonly yes")]
    return []


def _skew(before: datetime, theirs: datetime) -> float:
    """Seconds by which their clock is certainly ahead of ours, or behind it (negative)."""
    after = datetime.now(UTC)
    if theirs > after:
        return (theirs - after).total_seconds()
    return min((theirs - before).total_seconds(), 0.0)


def _silence(where: str, error: Exception) -> str:
    said = str(error).partition("\n")[0] or type(error).__name__
    return f"{where} does not answer: {said}"
