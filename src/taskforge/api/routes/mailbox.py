"""The mailbox: messages of jobs that went to the sink, as no mail server is set."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import MediaType, Request, Response, Router, delete, get
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, QueryParameter

from taskforge.api.auth import Needs, admit, check_may, identify, needs
from taskforge.api.schemas import PAGE, Limit
from taskforge.core.cursor import seal, unseal
from taskforge.core.errors import NotFound
from taskforge.core.mailbox import MailItem, MailParts
from taskforge.core.people import Permission, Principal
from taskforge.db.mailbox import MailFilters, list_mail, mail_source
from taskforge.flows.deps import Deps
from taskforge.flows.mailbox import empty_mailbox, read_mail
from taskforge.flows.tickets import take_ticket

Asked = Request[Principal, Any, Any]

READ = [needs(Permission.READ)]
ACT = [needs(Permission.ACT)]
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self';"
    " sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""Of a message in its frame: its own styles, and an origin of its own. No script, no form, and
nothing from elsewhere, which would tell the sender that it was read."""
_HEAD = (
    '<!doctype html><meta name="color-scheme" content="light"><base target="_blank">'
    "<style>body { margin: 16px; font-family: sans-serif; overflow-wrap: break-word }</style>\n"
)
"""Before the message, whose own styles come after it and win. A browser drops its doctype."""
_WORD: dict[str, Any] = {"min_length": 1, "max_length": 320, "pattern": r"^[^\x00]+$"}


class Framed(Needs):
    """A guard like the usual one, which takes tickets as well: a frame sends no headers."""

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        """Set `scope["user"]`, or refuse as `Needs` does."""
        scope: Any = connection.scope
        deps: Deps = connection.app.state["deps"]
        ticket = connection.query_params.get("ticket")
        credential = identify(deps, scope) if ticket is None else take_ticket(deps, ticket)
        check_may(await admit(deps, scope, credential), self.permission)


class MailList(msgspec.Struct, frozen=True, kw_only=True):
    """Messages, newest first. A page may be short, or empty, and still have a next one."""

    items: list[MailItem]
    next_cursor: str | None


class MailDetail(MailItem, frozen=True, kw_only=True):
    """A message as people read it."""

    parts: MailParts
    raw_url: str
    """Where the message is to be had as it was sent."""


class Emptied(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the messages."""

    deleted: int


@get("/mailbox", operation_id="listMail", summary="List the sink's messages", guards=READ)
async def list_(
    deps: NamedDependency[Deps],
    recipient: Annotated[
        str | None, QueryParameter(description="A whole address.", **_WORD)
    ] = None,
    job_id: Annotated[UUID | None, QueryParameter(description="The job that sent it.")] = None,
    q: Annotated[str | None, QueryParameter(description="Part of a subject.", **_WORD)] = None,
    limit: Limit = PAGE,
    cursor: Annotated[
        str | None, QueryParameter(description="`next_cursor` of the page before.")
    ] = None,
) -> MailList:
    """Newest first; a message with copies once for each recipient."""
    filters = MailFilters(recipient, job_id, q)
    after = None if cursor is None else unseal(cursor, filters.scope())
    async with deps.db.connect() as connection:
        page = await list_mail(connection, filters, after=after, limit=limit)
    last = None if page.last is None else seal(page.last, filters.scope())
    return MailList(items=page.items, next_cursor=last)


@get("/mailbox/{mail_id:uuid}", operation_id="getMail", summary="Read a message", guards=READ)
async def show(mail_id: FromPath[UUID], deps: NamedDependency[Deps]) -> MailDetail:
    """Its header, its text and HTML (for a sandboxed frame), and what is attached."""
    found = await read_mail(deps, mail_id)
    if found is None:
        raise _unknown(mail_id)
    item, parts = found
    return MailDetail(
        **msgspec.structs.asdict(item), parts=parts, raw_url=f"/api/v1/mailbox/{mail_id}/raw"
    )


@get("/mailbox/{mail_id:uuid}/html", operation_id="showMail", summary="Show a message in a frame",
     guards=[Framed(Permission.READ)], media_type=MediaType.HTML,
     opt={"security": [{"bearer": []}, {"apiKey": []}, {"ticket": []}]},
     responses={200: ResponseSpec(str, description="A page without scripts.",
                                  media_type=MediaType.HTML)})  # fmt: skip
async def html(
    mail_id: FromPath[UUID],
    deps: NamedDependency[Deps],
    ticket: Annotated[  # the guard takes it; here it is, so that the query may have it
        str | None, QueryParameter(include_in_schema=False)
    ] = None,
) -> Response[str]:
    """Its HTML as a page, for a frame in the dashboard.

    It runs no script and fetches nothing. `?ticket=` stands in for the Authorization header, which
    browsers cannot send here.
    """
    found = await read_mail(deps, mail_id)
    if found is None:
        raise _unknown(mail_id)
    body = found[1].html
    if body is None:
        raise NotFound("This message has no HTML; `getMail` has its text.")
    headers = {"Content-Security-Policy": FRAME_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response(_HEAD + body, media_type=MediaType.HTML, headers=headers)


@get("/mailbox/{mail_id:uuid}/raw", operation_id="downloadMail", summary="Download a message",
     guards=READ, media_type="message/rfc822", opt={"headers": {200: ["Content-Disposition"]}},
     responses={200: ResponseSpec(bytes, description="The message.",
                                  media_type="message/rfc822")})  # fmt: skip
async def raw(mail_id: FromPath[UUID], deps: NamedDependency[Deps]) -> Response[bytes]:
    """As it was sent, byte by byte, to be saved as a file."""
    async with deps.db.connect() as connection:
        source = await mail_source(connection, mail_id)
    if source is None:
        raise _unknown(mail_id)
    headers = {"Content-Disposition": f'attachment; filename="{mail_id}.eml"'}
    return Response(source, headers=headers, media_type="message/rfc822")


@delete("/mailbox", operation_id="emptyMailbox", summary="Empty the mailbox", guards=ACT,
        status_code=200)  # fmt: skip
async def empty(request: Asked, deps: NamedDependency[Deps]) -> Emptied:
    """Deletes every message; jobs and their results stay."""
    return Emptied(deleted=await empty_mailbox(deps, request.user))


def _unknown(mail_id: UUID) -> NotFound:
    return NotFound(f"There is no message {mail_id}; the mailbox may have been emptied.")


router = Router("/", route_handlers=[list_, show, html, raw, empty], tags=["mailbox"])
