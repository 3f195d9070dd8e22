"""What flows run on: opened once per process, and all the injection there is."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from taskforge.bus.client import open_client
from taskforge.bus.delays import Delays
from taskforge.bus.limit import Limiter
from taskforge.bus.queue import HintQueue
from taskforge.bus.stream import EventStream
from taskforge.config import Settings
from taskforge.db.engine import open_engine
from taskforge.flows.births import Births
from taskforge.flows.hints import Hinter
from taskforge.flows.passwords import Passwords
from taskforge.flows.principals import Principals
from taskforge.handlers.demo.sites import DEMOS
from taskforge.handlers.registry import Registry
from taskforge.log import get_logger
from taskforge.outside.companion.companions import Companions
from taskforge.outside.http.client import SafeHttp
from taskforge.outside.store import Store

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Deps:
    """The servers, and the batchers that share their round trips."""

    settings: Settings
    db: AsyncEngine
    redis: Redis
    registry: Registry
    queue: HintQueue
    hinter: Hinter
    stream: EventStream
    births: Births
    limiter: Limiter
    delays: Delays
    passwords: Passwords
    principals: Principals
    http: SafeHttp
    store: Store
    companions: Companions
    mail_url: str = ""
    """The sink of this process, in the place of an empty SMTP_URL."""


@asynccontextmanager
async def open_deps(
    settings: Settings,
    registry: Registry,
    *,
    statement_seconds: float = 5.0,
    by_key: bool = False,
) -> AsyncGenerator[Deps]:
    """Open everything on the running loop, and close it in the end.

    Nothing is connected yet when this returns: a server that is away costs its callers, not the
    start of the process.

    Args:
        settings: addresses and sizes.
        registry: the job types that this process knows.
        statement_seconds: longest a statement may take (R-82: API 5, worker 10, scheduler 30).
        by_key: see `db.engine.open_engine`; for workers and schedulers.
    """
    for it in registry.unavailable:
        log.error("job_type.unavailable", source=it.source, name=it.name, reason=it.reason)
    db = open_engine(settings, statement_seconds=statement_seconds, by_key=by_key)
    redis = open_client(settings)
    limiter = Limiter(redis)
    queue = HintQueue(redis)
    stream = EventStream(redis)
    hinter = Hinter(db, queue)
    passwords = Passwords()
    http = SafeHttp(settings.outbound_hosts(), dial_hosts=settings.scan_targets(), demos=DEMOS)
    companions = Companions()
    try:
        yield Deps(
            settings=settings,
            db=db,
            redis=redis,
            registry=registry,
            queue=queue,
            hinter=hinter,
            stream=stream,
            births=Births(db, hinter, stream),
            limiter=limiter,
            delays=Delays(redis),
            passwords=passwords,
            principals=Principals(db, settings),
            http=http,
            store=Store(settings.artifacts_dir),
            companions=companions,
        )
    finally:
        await companions.aclose()
        passwords.close()
        await http.aclose()
        await stream.close()
        await limiter.close()
        await redis.aclose()
        await db.dispose()
