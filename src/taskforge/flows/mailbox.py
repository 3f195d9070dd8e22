"""The mailbox: the sink of a worker that has no mail server, and what is done with its messages."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from uuid import UUID

from taskforge.core.batch import Batcher
from taskforge.core.ids import new_id
from taskforge.core.mailbox import Caught, MailItem, MailParts, read_parts
from taskforge.core.people import Principal
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.db.mailbox import add_caught, delete_mail, mail_item, mail_source
from taskforge.flows.deps import Deps
from taskforge.flows.reach import check_reaches_all
from taskforge.log import get_logger
from taskforge.outside.sink import ADDRESS, open_sink

KEEP_BATCH = 16
DELETE_BATCH = 500

log = get_logger(__name__)


@asynccontextmanager
async def with_sink(deps: Deps) -> AsyncGenerator[Deps]:
    """The same, with a sink for mail where no server is set and MAIL_SINK allows it.

    A worker that cannot listen works on: only its `email` jobs are not configured.
    """

    async def keep(batch: Sequence[list[Caught]]) -> list[None]:
        async with deps.db.connect() as connection:
            await add_caught(connection, [message for messages in batch for message in messages])
        return [None] * len(batch)

    async with AsyncExitStack() as stack:
        if deps.settings.smtp_url or not deps.settings.mail_sink:
            yield deps
            return
        messages: Batcher[list[Caught], None] = Batcher(keep, limit=KEEP_BATCH)
        stack.push_async_callback(messages.drain)
        try:
            port = await stack.enter_async_context(open_sink(messages.put))
        except OSError as error:
            log.error("sink.not_opened", error=error)
            yield deps
            return
        yield replace(deps, mail_url=f"sink://{ADDRESS}:{port}")


async def read_mail(deps: Deps, mail_id: UUID) -> tuple[MailItem, MailParts] | None:
    """A message, taken apart for people; None when there is none."""
    async with deps.db.connect() as connection:
        item = await mail_item(connection, mail_id)
        source = await mail_source(connection, mail_id)
    if item is None or source is None:
        return None
    return item, await asyncio.to_thread(read_parts, source)


async def empty_mailbox(deps: Deps, by: Principal) -> int:
    """Delete every message there is now, a batch at a time, each with its deed; how many.

    Raises:
        Denied: an API key that is narrowed to some jobs.
    """
    check_reaches_all(by, "the mail of all jobs")
    last, deleted = new_id(), 0
    while True:
        async with transaction(deps.db) as connection:
            gone = await delete_mail(connection, last=last, limit=DELETE_BATCH)
            if gone:
                await note(connection, by, "mailbox.emptied", None, before={"count": gone})
        deleted += gone
        if not gone:
            return deleted
