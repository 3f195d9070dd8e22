"""What belongs to one person: API keys and sessions."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, delete, get, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody

from taskforge.api.auth import DepsHere, needs
from taskforge.api.idempotency import asked_with_key, told
from taskforge.api.people_schemas import KeyOrder, KeyPage, SessionPage
from taskforge.api.routes.auth import MAX_BODY
from taskforge.api.schemas import in_utc
from taskforge.core.people import Permission, Principal
from taskforge.flows import keys, own
from taskforge.flows.keys import FurtherKey

Asked = Request[Principal, Any, Any]

ACCOUNT = [needs(Permission.ACCOUNT)]
_KEY: dict[str, Any] = {
    "example": {"name": "nightly import", "scope": {"permissions": ["submit"], "types": ["email"]}},
}


@get("/auth/api-keys", operation_id="listApiKeys", summary="List the account's API keys",
     guards=ACCOUNT)  # fmt: skip
async def list_keys(request: Asked, deps: DepsHere) -> KeyPage:
    """Live ones, newest first, with their last use."""
    return KeyPage(items=await keys.list_keys(deps, request.user))


@post("/auth/api-keys", operation_id="makeApiKey", summary="Make an API key", guards=ACCOUNT,
      opt=_KEY,
      responses={200: ResponseSpec(FurtherKey, description="A repeat.")})  # fmt: skip
async def make_key(
    data: JSONBody[KeyOrder], request: Asked, deps: DepsHere
) -> Response[FurtherKey]:
    """The key is shown only here. A scope narrows it to permissions, job types, queues, networks.

    It expires in 90 days unless `expires_at` says otherwise; null: never.
    """
    end = data.expires_at
    made = await keys.make_key(
        deps,
        request.user,
        name=data.name,
        scope=data.scope,
        expires_at=in_utc(end, pointer="/expires_at") if end else end,
        asked=asked_with_key(request, deps, data),
    )
    return told(made)


@delete("/auth/api-keys/{key_id:uuid}", operation_id="revokeApiKey", summary="Revoke an API key",
        guards=ACCOUNT)  # fmt: skip
async def revoke_key(key_id: FromPath[UUID], request: Asked, deps: DepsHere) -> None:
    """It stops working within seconds, on open connections too."""
    await keys.revoke_key(deps, request.user, key_id)


@get("/auth/sessions", operation_id="listSessions", summary="List the account's sessions",
     guards=ACCOUNT)  # fmt: skip
async def list_sessions(request: Asked, deps: DepsHere) -> SessionPage:
    """Where the account is signed in, and which of its sessions were ended in the last 30 days."""
    found = await own.list_sessions(deps, request.user)
    return SessionPage(items=found.live, ended=found.ended)


@delete("/auth/sessions/{session_id:uuid}", operation_id="endSession", summary="End a session",
        guards=ACCOUNT)  # fmt: skip
async def end_session(session_id: FromPath[UUID], request: Asked, deps: DepsHere) -> None:
    """Its tokens stop working within seconds, on open connections too."""
    await own.end_session(deps, request.user, session_id)


router = Router(
    "/",
    route_handlers=[list_keys, make_key, revoke_key, list_sessions, end_session],
    tags=["auth"],
    request_max_body_size=MAX_BODY,
)
