"""Which methods an address takes."""

from litestar import Litestar
from litestar.exceptions import HTTPException

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def methods_at(app: Litestar, path: str) -> list[str]:
    """What may be asked of an address; nothing when there is none, or a socket alone."""
    found: list[str] = []
    for method in _METHODS:
        try:
            app.asgi_router.handle_routing(path=path, method=method)
        except HTTPException:
            continue
        found += [method, "HEAD"] if method == "GET" else [method]
    return [*found, "OPTIONS"] if found else []
