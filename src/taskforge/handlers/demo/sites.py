"""The applications that answer for reserved host names, which never reach a network (RFC 2606)."""

from collections.abc import Callable, Mapping
from typing import Any

from taskforge.handlers.demo.broken import app as broken
from taskforge.handlers.demo.shop import app as shop

App = Callable[..., Any]
"""An ASGI application."""

DEMOS: Mapping[str, App] = {
    "broken.taskforge.test": broken,
    "demo.taskforge.test": shop,
}
