"""Accounts: register, sign in, refresh, sign out, profile, default API key, socket ticket."""

from typing import Any, Literal

from litestar import Request, Response, Router, delete, get, patch, post
from litestar.datastructures import Cookie
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody

from taskforge.api.auth import DepsHere, anyone, needs
from taskforge.api.clients import header, place_of
from taskforge.api.idempotency import asked_with_key, told
from taskforge.api.people_schemas import OwnChange, Refresh, Registration, SignIn, TokenPair
from taskforge.config import Settings
from taskforge.core.errors import Denied, Unauthenticated
from taskforge.core.people import Permission, Principal
from taskforge.db.credentials import REFRESH_SECONDS
from taskforge.flows import accounts, keys, own, sessions, tickets, tokens
from taskforge.flows.accounts import Account
from taskforge.flows.keys import MadeKey
from taskforge.flows.sessions import SignedIn
from taskforge.flows.tickets import Ticket

Asked = Request[Principal, Any, Any]

COOKIE_PATH = "/api/v1/auth"
CSRF_HEADER = "X-Taskforge-Session"
"""Browsers cannot send it across origins without our leave; cookie requests must (S-04)."""
MAX_BODY = 4_096
READ = [needs(Permission.READ)]
ACCOUNT = [needs(Permission.ACCOUNT)]

_REGISTRATION: dict[str, Any] = {
    "example": {
        "username": "ada",
        "email": "ada@example.com",
        "password": "correct horse battery",
    },
    "problems": [403],
}
_SIGN_IN: dict[str, Any] = {
    "example": {"username": "ada", "password": "correct horse battery"},
    "problems": [401],
}
_REFRESH: dict[str, Any] = {
    "example": {"refresh_token": "Vh5mCqUoUSM6_TzXbOi0cdWq2RKyTVxLDkPrRcuRrXg"},
    "takes": [CSRF_HEADER],
    "problems": [401, 403],
    "security": [{"session": []}, {}],
}
_PASSWORD: dict[str, Any] = {
    "example": {
        "current_password": "correct horse battery",
        "new_password": "another fine password",
    },
    "problems": [409],
}


@post(
    "/auth/register",
    operation_id="register",
    summary="Make an account",
    guards=[anyone],
    opt=_REGISTRATION,
    responses={200: ResponseSpec(Account, description="A repeat.")},
)
async def register(
    data: JSONBody[Registration], request: Asked, deps: DepsHere
) -> Response[Account]:
    """The new account has the role `viewer`; an admin may raise it."""
    made = await accounts.register(
        deps,
        username=data.username,
        email=data.email,
        password=data.password,
        place=place_of(request.scope, deps.settings.trusted_proxy_hops),
        asked=asked_with_key(request, deps, data),
    )
    return told(made)


@post(
    "/auth/login",
    operation_id="signIn",
    summary="Sign in",
    guards=[anyone],
    opt=_SIGN_IN,
    status_code=200,
)
async def sign_in(data: JSONBody[SignIn], request: Asked, deps: DepsHere) -> Response[TokenPair]:
    """Trades user name (or e-mail address) and password for an access and a refresh token.

    From the fifth wrong password on each one doubles the wait before the next try.
    """
    settings = deps.settings
    device = request.cookies.get(cookie_name(settings, "device"))
    place = place_of(request.scope, settings.trusted_proxy_hops)._replace(device=device)
    signed_in = await sessions.sign_in(
        deps, name=data.username, password=data.password, place=place
    )
    answer = _pair(settings, signed_in, as_cookie=data.session == "cookie")
    if data.session == "cookie":
        device = tokens.new_device(settings, signed_in.account.id)
        answer.set_cookie(_cookie(settings, "device", device, tokens.DEVICE_SECONDS))
    return answer


@post("/auth/refresh", operation_id="refreshTokens", summary="Get the next pair of tokens",
      guards=[anyone], opt=_REFRESH, status_code=200)  # fmt: skip
async def refresh(data: JSONBody[Refresh], request: Asked, deps: DepsHere) -> Response[TokenPair]:
    """Each refresh token is good once; using one again ends its session.

    Only a client that lost the answer may send the same token once more, within 10 seconds and with
    the same `nonce`.
    """
    settings = deps.settings
    token, as_cookie = data.refresh_token, False
    if token is None:
        token, as_cookie = request.cookies.get(cookie_name(settings, "refresh")), True
        if not token:
            raise Unauthenticated("Send a refresh token, in the body or as the cookie.",
                                  code="refresh_invalid")  # fmt: skip
        _check_same_site(request, settings)
    place = place_of(request.scope, settings.trusted_proxy_hops)
    signed_in = await sessions.refresh(deps, token, place=place, nonce=data.nonce)
    return _pair(settings, signed_in, as_cookie=as_cookie)


@post("/auth/logout", operation_id="signOut", summary="Sign out", guards=READ, status_code=204)
async def sign_out(request: Asked, deps: DepsHere) -> Response[None]:
    """Ends the session: its access and refresh tokens stop working."""
    await sessions.sign_out(deps, request.user)
    gone = _cookie(deps.settings, "refresh", "", max_age=0)
    cookies = [gone] if gone.key in request.cookies else []
    return Response(None, status_code=204, cookies=cookies)


@get("/auth/me", operation_id="getMe", summary="Show the account that asks", guards=READ)
async def get_me(request: Asked, deps: DepsHere) -> Account:
    """Role and limits as they stand now."""
    return await accounts.account_of(deps, request.user)


@patch(
    "/auth/me",
    operation_id="changeMe",
    summary="Change the password or the e-mail address",
    guards=ACCOUNT,
    opt=_PASSWORD,
)
async def change_me(data: JSONBody[OwnChange], request: Asked, deps: DepsHere) -> Account:
    """With a new password all other sessions of the account end; API keys stay."""
    return await own.change_own(
        deps,
        request.user,
        current=data.current_password,
        password=data.new_password,
        email=data.email,
    )


@post("/auth/api-key", operation_id="makeDefaultApiKey", summary="Make the default API key",
      guards=ACCOUNT,
      responses={200: ResponseSpec(MadeKey, description="A repeat.")})  # fmt: skip
async def make_key(request: Asked, deps: DepsHere) -> Response[MadeKey]:
    """The key is shown only here; the one before it stops working."""
    return told(await keys.make_default_key(deps, request.user, asked_with_key(request, deps)))


@delete("/auth/api-key", operation_id="revokeDefaultApiKey", summary="Revoke the default API key",
        guards=ACCOUNT)  # fmt: skip
async def revoke_key(request: Asked, deps: DepsHere) -> None:
    """Also when there is none."""
    await keys.revoke_default_key(deps, request.user)


@post("/ws-ticket", operation_id="makeSocketTicket", summary="Make a ticket for the socket",
      guards=READ)  # fmt: skip
async def make_ticket(request: Asked, deps: DepsHere) -> Ticket:
    """Good once, for 30 seconds, as `/ws?ticket=…`."""
    return await tickets.make_ticket(deps, request.user)


def cookie_name(settings: Settings, what: Literal["refresh", "device"]) -> str:
    """A cookie's name; browsers take the prefix over TLS only."""
    prefix = "__Secure-" if settings.environment == "production" else ""
    return f"{prefix}taskforge-{what}"


def _pair(settings: Settings, signed_in: SignedIn, *, as_cookie: bool) -> Response[TokenPair]:
    body = TokenPair(
        access_token=signed_in.access_token,
        refresh_token=None if as_cookie else signed_in.refresh_token,
        user=signed_in.account,
    )
    answer = Response(body, status_code=200)
    if as_cookie:
        answer.set_cookie(_cookie(settings, "refresh", signed_in.refresh_token, REFRESH_SECONDS))
    return answer


def _cookie(
    settings: Settings, what: Literal["refresh", "device"], value: str, max_age: int
) -> Cookie:
    return Cookie(
        key=cookie_name(settings, what),
        value=value,
        max_age=max_age,
        path=COOKIE_PATH,
        secure=settings.environment == "production",
        httponly=True,
        samesite="strict",
    )


def _check_same_site(request: Asked, settings: Settings) -> None:
    """A cookie proves a browser, not a page of ours (S-04)."""
    origin = header(request.scope, b"origin")
    host = header(request.scope, b"host") or ""
    own = origin is None or origin.partition("://")[2] == host or origin in settings.origins()
    if header(request.scope, CSRF_HEADER.lower().encode()) is None or not own:
        raise Denied(f"A cookie session needs the header {CSRF_HEADER} and the same origin.",
                     code="wrong_origin")  # fmt: skip


router = Router(
    "/",
    route_handlers=[
        register,
        sign_in,
        refresh,
        sign_out,
        get_me,
        change_me,
        make_key,
        revoke_key,
        make_ticket,
    ],
    tags=["auth"],
    request_max_body_size=MAX_BODY,
)
