"""What a route answered, in a word or two; also of those that never end, and of sockets."""

import asyncio
import json
from typing import Any

import httpx
from litestar import Litestar

PATIENCE = 20.0


def told(answer: httpx.Response) -> str:
    """`201`, `403 role_too_low`; for a bulk call `200, 403 key_too_narrow`: of its first item."""
    if "json" not in answer.headers.get("content-type", "") or not answer.content:
        return str(answer.status_code)
    body = answer.json()
    words = _words(answer.status_code, body)
    item = body["items"][0] if isinstance(body, dict) and body.get("items") else {}
    if "index" in item:
        words += ", " + _words(item["status"], item.get("problem"))
    return words


def _words(status: int, body: Any) -> str:
    code = body.get("code") if isinstance(body, dict) and status >= 400 else None
    return f"{status} {code}" if code else str(status)


async def first_answer(app: Litestar, kind: str, path: str, headers: dict[str, str]) -> str:
    """How a live connection begins: `101` or `200` where it is opened, else as `told` says.

    Args:
        app: the application.
        kind: `http` or `websocket`.
        path: without a query.
        headers: with the credential.
    """
    answers: asyncio.Queue[Any] = asyncio.Queue()
    incoming: asyncio.Queue[Any] = asyncio.Queue()
    opening = {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request"}
    incoming.put_nowait(opening)
    scope: Any = {
        "type": kind, "asgi": {"version": "3.0"}, "http_version": "1.1",
        "scheme": "ws" if kind == "websocket" else "http", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "subprotocols": [],
        "headers": [(name.lower().encode(), value.encode())
                    for name, value in {"Host": "testserver", **headers}.items()],
        "client": ("192.0.2.9", 1), "server": ("testserver", 80), "state": {},
        "extensions": {"websocket.http.response": {}},
    }  # fmt: skip
    if kind == "http":
        scope["method"] = "GET"
    served = asyncio.create_task(app(scope, incoming.get, answers.put))  # pyright: ignore[reportArgumentType] - two spellings of ASGI
    async with asyncio.timeout(PATIENCE):
        begun = await answers.get()
        status = 101 if begun["type"] == "websocket.accept" else begun["status"]
        body = (await answers.get())["body"] if status >= 400 else b"{}"
        incoming.put_nowait({"type": f"{kind}.disconnect", "code": 1000})
        await served
    return _words(status, json.loads(body))
