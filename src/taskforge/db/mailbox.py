"""The sink's mailbox: messages that were sent while no mail server is set."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.ids import new_id
from taskforge.core.mailbox import Caught, MailItem

REACH = 5_000
"""Messages that one page looks at when it searches subjects (R-84)."""
_COLUMNS = "id, at, job_id, sender, recipient, subject, message_id, size_bytes"

_ADD = text("""
INSERT INTO mailbox (id, job_id, sender, recipient, subject, message_id, size_bytes, source)
SELECT g.id, g.job_id, g.sender, g.recipient, g.subject, g.message_id, octet_length(g.source),
       g.source
FROM unnest(
    CAST(:ids AS uuid[]), CAST(:job_ids AS uuid[]), CAST(:senders AS text[]),
    CAST(:recipients AS text[]), CAST(:subjects AS text[]), CAST(:message_ids AS text[]),
    CAST(:sources AS bytea[])
) AS g(id, job_id, sender, recipient, subject, message_id, source)
""")
_ITEM = text(f"SELECT {_COLUMNS} FROM mailbox WHERE id = :id")
_SOURCE = text("SELECT source FROM mailbox WHERE id = :id")
_EMPTY = text("""
DELETE FROM mailbox WHERE id = ANY(ARRAY(
    SELECT id FROM mailbox WHERE id <= :last ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED))
""")
_PRUNE = text("""
DELETE FROM mailbox WHERE id = ANY(ARRAY(
    SELECT id FROM mailbox WHERE at < statement_timestamp() - :days * interval '1 day'
    ORDER BY at LIMIT :limit FOR UPDATE SKIP LOCKED))
""")


class MailFilters(NamedTuple):
    """What to list; all that are given must hold."""

    recipient: str | None = None
    """A whole address, in any case."""
    job_id: UUID | None = None
    q: str | None = None
    """Part of a subject, in any case."""

    def scope(self) -> bytes:
        """The filters in one canonical form, for a page cursor."""
        return f"mailbox|{self.recipient}|{self.job_id}|{self.q}".encode()


class MailPage(NamedTuple):
    """One page, newest first."""

    items: list[MailItem]
    last: UUID | None
    """Where the next page begins; None when there is none."""


async def add_caught(connection: AsyncConnection, messages: Sequence[Caught]) -> None:
    """Keep messages that the sink took."""
    values = {
        "ids": [new_id() for _ in messages],
        "job_ids": [one.job_id for one in messages],
        "senders": [one.sender for one in messages],
        "recipients": [one.recipient.lower() for one in messages],
        "subjects": [one.subject for one in messages],
        "message_ids": [one.message_id for one in messages],
        "sources": [one.source for one in messages],
    }
    await connection.execute(_ADD, values)


async def list_mail(
    connection: AsyncConnection, filters: MailFilters, *, after: UUID | None, limit: int
) -> MailPage:
    """One page of messages, newest first; with `q` it may come short and still have a next one.

    Args:
        connection: any; one statement.
        filters: what to list.
        after: `last` of the page before; None for the first page.
        limit: most items.
    """
    reach = limit + 1 if filters.q is None else REACH
    checks = ["id < :before"]
    if filters.recipient is not None:
        checks.append("recipient = :recipient")
    if filters.job_id is not None:
        checks.append("job_id = :job_id")
    found = "position(:q IN lower(subject)) > 0" if filters.q is not None else "true"
    statement = text(f"""
        WITH looked AS MATERIALIZED (
            SELECT {_COLUMNS} FROM mailbox WHERE {" AND ".join(checks)}
            ORDER BY id DESC LIMIT :reach
        )
        SELECT e.looked, e.reached, p.* FROM
            (SELECT count(*) AS looked, (SELECT id FROM looked ORDER BY id LIMIT 1) AS reached
             FROM looked) AS e
            LEFT JOIN (SELECT * FROM looked WHERE {found} ORDER BY id DESC LIMIT :limit) AS p
            ON true
        ORDER BY p.id DESC
    """)
    values = {
        "before": after or UUID(int=(1 << 128) - 1),
        "recipient": filters.recipient and filters.recipient.lower(),
        "job_id": filters.job_id,
        "q": filters.q and filters.q.lower(),
        "reach": reach,
        "limit": limit + 1,
    }
    named = {name: value for name, value in values.items() if f":{name}" in statement.text}
    rows = (await connection.execute(statement, named)).mappings().all()
    items = [
        MailItem(**{name: row[name] for name in MailItem.__struct_fields__})
        for row in rows
        if row["id"] is not None
    ]
    if len(items) > limit:
        return MailPage(items[:limit], items[limit - 1].id)
    return MailPage(items, rows[0]["reached"] if rows[0]["looked"] >= reach else None)


async def mail_item(connection: AsyncConnection, mail_id: UUID) -> MailItem | None:
    """One message, without its source; None when there is none."""
    row = (await connection.execute(_ITEM, {"id": mail_id})).mappings().first()
    return MailItem(**row) if row else None


async def mail_source(connection: AsyncConnection, mail_id: UUID) -> bytes | None:
    """A message as it was sent; None when there is none."""
    return await connection.scalar(_SOURCE, {"id": mail_id})


async def delete_mail(connection: AsyncConnection, *, last: UUID, limit: int) -> int:
    """Delete up to `limit` messages that came no later than `last`; how many."""
    return (await connection.execute(_EMPTY, {"last": last, "limit": limit})).rowcount


async def prune_mail(connection: AsyncConnection, *, days: float, limit: int) -> int:
    """Delete up to `limit` messages that are older than `days`; how many."""
    return (await connection.execute(_PRUNE, {"days": days, "limit": limit})).rowcount
