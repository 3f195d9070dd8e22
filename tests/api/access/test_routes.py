"""A route of any kind that does not say what it asks for is not served (S-13)."""

from typing import Any

import pytest
from litestar import asgi, get, websocket
from litestar.connection import WebSocket
from litestar.types import Receive, Scope, Send

from taskforge.api.app import create_app
from taskforge.api.auth import PUBLIC, anyone, asks, check_routes, handlers_of, needs, permission_of
from taskforge.api.openapi.document import describe
from taskforge.core.people import Permission
from taskforge.handlers.registry import load


@get("/naked")
async def plain() -> None:
    """HTTP."""


@websocket("/naked")
async def socket(socket: WebSocket[Any, Any, Any]) -> None:
    """A socket."""


@asgi("/naked", copy_scope=True)
async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
    """A plain ASGI application."""


@get("/dressed", guards=[needs(Permission.READ)])
async def needing() -> None:
    """By a guard."""


@get("/open", guards=[anyone])
async def counted() -> None:
    """For anyone."""


@asgi("/public", opt=PUBLIC, copy_scope=True)
async def public(scope: Scope, receive: Receive, send: Send) -> None:
    """Uncounted."""


@websocket("/asking", opt=asks(Permission.AUDIT))
async def asking(socket: WebSocket[Any, Any, Any]) -> None:
    """By itself."""


@pytest.mark.parametrize(
    ("route", "name"),
    [(plain, "GET /api/v1/naked"), (socket, "WS /api/v1/naked"), (mounted, "ASGI /api/v1/naked")],
    ids=["http", "socket", "asgi"],
)
def test_a_route_that_says_nothing_is_not_served(settings, route, name):
    with pytest.raises(RuntimeError, match=name):
        create_app(settings, extra=[route])


def test_a_route_that_says_what_it_asks_for_is_served(settings):
    app = create_app(settings, extra=[needing, counted, public, asking])

    asked = {name: permission_of(handler) for name, handler in handlers_of(app)}
    assert asked["GET /api/v1/dressed"] is Permission.READ
    assert asked["WS /api/v1/asking"] is Permission.AUDIT
    assert asked["GET /api/v1/open"] is asked["ASGI /api/v1/public"] is None
    check_routes(app)


def test_the_description_tells_what_each_operation_asks_for(settings):
    app = create_app(settings)
    paths = describe(app, load().descriptions)["paths"]

    for name, handler in handlers_of(app):
        method, path = name.split()
        operation = paths.get(path, {}).get(method.lower())
        permission = permission_of(handler)
        if operation is None or permission is None:
            assert operation is None or "x-permission" not in operation
            continue
        assert operation["x-permission"]["permission"] == permission
        assert f"the role `{operation['x-permission']['role']}`" in operation["description"]
