"""`taskforge mail`: what jobs sent while no mail server is set."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
import typer
from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from taskforge.cli.client import open_api
from taskforge.cli.client_pages import collect
from taskforge.cli.moments import age
from taskforge.cli.order import order
from taskforge.cli.output import Json, plain, show, talk
from taskforge.cli.pictures import cell
from taskforge.core.mailbox import MailItem, MailParts

mail = typer.Typer(add_completion=False, no_args_is_help=True)


class _Message(MailItem, frozen=True, kw_only=True):
    parts: MailParts


@mail.callback()
def mailbox() -> None:
    """Read the mailbox."""


@mail.command(name="list")
def list_(
    recipient: Annotated[str | None, typer.Option("--to", help="A whole address.")] = None,
    job: Annotated[UUID | None, typer.Option(metavar="ID", help="The job that sent it.")] = None,
    query: Annotated[str | None, typer.Option("--query", "-q", help="Part of a subject.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """List messages, newest first; filters narrow."""
    filters = order(recipient=recipient, job_id=None if job is None else str(job), q=query)
    page = collect(open_api(), "/mailbox", filters, limit=limit)
    items = page.read(MailItem)
    show(page, as_json=as_json, picture=lambda: _table(items))
    if page.next_cursor is not None:
        talk.print("there are more: raise --limit", style="dim")


@mail.command(name="show")
def show_(
    mail_id: Annotated[UUID, typer.Argument(metavar="ID", help="The message.")],
    as_json: Json = False,
) -> None:
    """Show a message: who, what, its text, and what is attached."""
    answer = open_api().get(f"/mailbox/{mail_id}")
    message = answer.read(_Message)
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: _picture(message))


def _table(items: Sequence[MailItem]) -> RenderableType:
    if not items:
        return Text("no messages", style="dim")
    now = datetime.now(UTC)
    table = Table("id", "to", "subject", Column("bytes", justify="right"), "came", box=None)
    for one in items:
        table.add_row(
            Text(str(one.id), no_wrap=True),
            cell(one.recipient),
            cell(one.subject),
            f"{one.size_bytes:,}",
            age(one.at, now),
        )
    return table


def _picture(message: _Message) -> RenderableType:
    facts = [
        ("from", message.sender),
        ("to", message.recipient),
        ("subject", message.subject),
        ("job", str(message.job_id or "")),
    ]
    facts += [
        ("attached", f"{one.filename} ({one.media_type}, {one.size_bytes:,} bytes)")
        for one in message.parts.attachments
    ]
    head = Table.grid(padding=(0, 2))
    for name, value in facts:
        head.add_row(Text(name, style="dim"), cell(value))
    return Group(head, Text(), Text(plain(message.parts.text or "(no text)")))
