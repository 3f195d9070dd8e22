"""Who is asking, how often, and whether they may: one guard in front of every route.

A route says what it asks for: `guards=[needs(Permission.…)]`, or `guards=[anyone]` for what needs
no account and is counted by client address, or `opt=PUBLIC` for what is not even counted. A socket
lets in by itself and says so with `opt=asks(Permission.…)`. `check_routes` refuses to start with a
route, of any kind, that says nothing (S-13). It is one guard for all that
must be done, since Litestar copies the handler for each.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, NamedTuple

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers.base import BaseRouteHandler
from litestar.routes import HTTPRoute, WebSocketRoute

from taskforge.api.clients import client_ip, header
from taskforge.api.counting import count_address, count_principal
from taskforge.core.errors import Denied, Unauthenticated
from taskforge.core.people import ROLE_OF, SESSION_ONLY, Permission, Principal
from taskforge.flows.deps import Deps
from taskforge.metrics.requests import AUTH_FAILURES

DepsHere = NamedDependency[Deps]
"""Annotation of a handler's parameter `deps`."""
PUBLIC: dict[str, Any] = {"unlimited": True}
"""`opt` of a route for everybody, however often."""


class Needs(NamedTuple):
    """A guard that lets those pass who have a permission, and counts the request."""

    permission: Permission

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        """Set `scope["user"]` to the principal, or refuse.

        Raises:
            Unauthenticated: no credential, or a wrong one.
            Limited: too many requests.
            Denied: the principal lacks the permission.
        """
        scope: Any = connection.scope
        deps: Deps = connection.app.state["deps"]
        cost: int = handler.opt.get("cost", 1)
        principal = await admit(deps, scope, identify(deps, scope), cost=cost)
        check_may(principal, self.permission)


def needs(permission: Permission) -> Needs:
    """The guard for a route that asks for this permission."""
    return Needs(permission)


def check_may(principal: Principal, permission: Permission) -> None:
    """Refuse a principal that lacks a permission.

    Raises:
        Denied: says what is missing.
    """
    if principal.may(permission):
        return
    least = ROLE_OF[permission]
    if not principal.role.includes(least):
        raise Denied(f"This needs the role {least.value}; yours is {principal.role.value}.",
                      code="role_too_low")  # fmt: skip
    if permission in SESSION_ONLY:
        raise Denied("Sign in with a password for this; an API key cannot do it.",
                      code="session_needed")  # fmt: skip
    raise Denied(f"This API key lacks the permission {permission.value!r}.", code="key_too_narrow")


def check_home(principal: Principal) -> None:
    """Refuse an API key away from the networks that it is narrowed to (S-09).

    Raises:
        Denied: it is.
    """
    if not principal.is_at_home():
        raise Denied(f"This API key may not be used from {principal.ip}.", code="key_not_from_here")


async def anyone(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    """Guard of a route that needs no account: counts the request by the client's address.

    Raises:
        Limited: too many requests.
    """
    scope: Any = connection.scope
    deps: Deps = connection.app.state["deps"]
    await count_address(deps, scope)


async def admit(
    deps: Deps, scope: Any, credential: Awaitable[Principal], *, cost: int = 1
) -> Principal:
    """Set `scope["user"]` to whom the credential speaks for, and count the request.

    A wrong credential counts against the client's address, so that guessing is limited too, and so
    does a stolen one that is used where it may not be.

    Raises:
        Unauthenticated: no credential, or a wrong one.
        Denied: an API key that may not be used from there.
        Limited: too many requests.
    """
    ip = client_ip(scope, deps.settings.trusted_proxy_hops)
    try:
        principal = (await credential)._replace(ip=ip)
        check_home(principal)
    except (Unauthenticated, Denied) as error:
        AUTH_FAILURES.labels(error.code).inc()
        await count_address(deps, scope)
        raise
    scope["user"] = principal
    await count_principal(deps, scope, principal, cost)
    return principal


async def identify(deps: Deps, scope: Any) -> Principal:
    """The principal of the request's `Authorization` or `X-API-Key` header.

    Raises:
        Unauthenticated: no credential, a wrong one, or both kinds at once.
    """
    bearer, key = header(scope, b"authorization"), header(scope, b"x-api-key")
    if bearer is not None and key is not None:
        raise Unauthenticated("Send an access token or an API key, not both.")
    if key is not None:
        return await deps.principals.of_api_key(key)
    if bearer is None:
        raise Unauthenticated("Send an access token or an API key.")
    scheme, _, token = bearer.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("The Authorization header must be `Bearer <access token>`.")
    return await deps.principals.of_access_token(token)


def asks(permission: Permission) -> dict[str, Any]:
    """`opt` of a route that lets in by itself, as a socket must: what it asks for."""
    return {"permission": permission}


def permission_of(handler: BaseRouteHandler) -> Permission | None:
    """What a route asks for; None for one that needs no account."""
    for guard in _guards_of(handler):
        if isinstance(guard, Needs):
            return guard.permission
    return handler.opt.get("permission")


def handlers_of(app: Litestar) -> list[tuple[str, BaseRouteHandler]]:
    """Every method and path that is served, such as `GET /api/v1/jobs`, with its handler.

    A socket's method is `WS`, that of a plain ASGI application `ASGI`.
    """
    found: list[tuple[str, BaseRouteHandler]] = []
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            found += [
                (f"{method} {route.path_format}", handler)
                for handler in route.route_handlers
                for method in sorted(handler.http_methods - {"OPTIONS"})
            ]
        else:
            kind = "WS" if isinstance(route, WebSocketRoute) else "ASGI"
            found.append((f"{kind} {route.path_format}", route.route_handler))
    return found


def check_routes(app: Litestar) -> None:
    """Refuse to serve a route of any kind that does not say what it asks for.

    Raises:
        RuntimeError: naming all such routes.
    """
    naked = [
        name
        for name, handler in handlers_of(app)
        if not handler.opt.get("unlimited")
        and permission_of(handler) is None
        and anyone not in _guards_of(handler)
    ]
    if naked:
        raise RuntimeError(f"routes without a guard: {', '.join(naked)}")


def _guards_of(handler: Any) -> Sequence[Any]:
    return handler.resolve_guards()
