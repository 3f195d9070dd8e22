"""The dashboard as `npm run build` leaves it, in front of the API: its files and its pages.

It is read once, when the process starts, so that what is served belongs together whatever happens
to the folder, and no path of a request ever reaches the file system.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from taskforge.api.clients import header
from taskforge.api.ranges import is_known

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script';"
    " trusted-types 'none'"
)
"""Of the pages (S-42). `connect-src 'self'` covers the socket; the one frame shows HTML mail."""
PAGE = "/index.html"
FOREVER = "public, max-age=31536000, immutable"
"""Of files that are named after their content."""
ASK_FIRST = "no-cache"
_HERE = Path(__file__).resolve()
PLACES = (_HERE.parents[1] / "dashboard", _HERE.parents[3] / "web" / "dist")
"""In an installed wheel, and in a checkout."""
OURS = frozenset({"api", "assets", "docs", "health", "metrics", "ws"})
"""First words of addresses that are no pages."""
CODINGS = {"br": ".br", "gzip": ".gz"}
"""What the build compresses, best first."""
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}

Headers = list[tuple[bytes, bytes]]


class Variant(NamedTuple):
    """A file in one coding, and the head of the answer that brings it."""

    body: bytes
    tag: str
    headers: Headers


Built = dict[str, dict[str, Variant]]
"""A built dashboard: by path, and in each coding, `identity` included."""


def find_built() -> Path | None:
    """Where a built dashboard is; None when there is none."""
    return next((place for place in PLACES if (place / "index.html").is_file()), None)


def read_built(place: Path) -> Built:
    """Take a built dashboard in; some milliseconds and megabytes.

    Hidden files, links and kinds of files that the build does not make are left out.

    Raises:
        OSError: it cannot be read.
    """
    return {path: dict(_variants(path, file)) for path, file in _files(place)}


def _files(place: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(place.rglob("*")):
        parts = file.relative_to(place).parts
        hidden = any(part.startswith(".") for part in parts)
        linked = any(place.joinpath(*parts[:n]).is_symlink() for n in range(1, len(parts) + 1))
        if not hidden and not linked and file.suffix in _TYPES and file.is_file():
            yield "/" + "/".join(parts), file


def _variants(path: str, file: Path) -> Iterator[tuple[str, Variant]]:
    body = file.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:32]
    yield "identity", _variant(path, body, digest, None)
    for coding, suffix in CODINGS.items():
        packed = file.with_name(file.name + suffix)
        if packed.is_file() and not packed.is_symlink():
            yield coding, _variant(path, packed.read_bytes(), digest, coding)


def _variant(path: str, body: bytes, digest: str, coding: str | None) -> Variant:
    tag = f'"{digest}-{coding}"' if coding else f'"{digest}"'
    lasting = FOREVER if path.startswith("/assets/") else ASK_FIRST
    headers = [
        (b"content-type", _TYPES[Path(path).suffix].encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", lasting.encode()),
        (b"etag", tag.encode()),
        (b"vary", b"accept-encoding"),
    ]
    if path.endswith(".html"):
        headers.append((b"content-security-policy", CSP.encode()))
    if coding:
        headers.append((b"content-encoding", coding.encode()))
    return Variant(body, tag, headers)


class Dashboard:
    """An ASGI application in front of another one, which gets what is not the dashboard's.

    A page is any address that a browser asks for as one (`Accept: text/html`) and that does not
    begin as ours do; which page it is, the dashboard finds out. `/` needs no such header.

    Args:
        app: the other one.
        built: what is served.
    """

    def __init__(self, app: App, built: Built) -> None:
        self._app = app
        self._files = built

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one exchange; a HEAD request comes as the GET that it stands for."""
        asked = scope["type"] == "http" and scope["method"] == "GET"
        found = self._find(scope) if asked else None
        if found is None:
            await self._app(scope, receive, send)
            return
        path, variants = found
        scope["path_template"] = path if path == PAGE else "/assets"  # for the measurement
        chosen = variants[_best(header(scope, b"accept-encoding"), variants)]
        known = is_known(scope, chosen.tag)
        headers = [it for it in chosen.headers if not known or it[0] not in _OF_THE_BODY]
        status = 304 if known else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        body = b"" if known else chosen.body
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _find(self, scope: Any) -> tuple[str, dict[str, Variant]] | None:
        path: str = scope["path"]
        if path in self._files:
            return path, self._files[path]
        if path == "/" or _is_page(path, header(scope, b"accept")):
            return PAGE, self._files[PAGE]
        return None


_OF_THE_BODY = frozenset({b"content-type", b"content-length", b"content-encoding"})


def _is_page(path: str, accept: str | None) -> bool:
    if accept is None or path.split("/", 2)[1] in OURS:
        return False
    return any(part.partition(";")[0].strip() == "text/html" for part in accept.lower().split(","))


def _best(accepted: str | None, variants: dict[str, Variant]) -> str:
    """The best coding that we have and the client takes (RFC 9110, 12.5.3)."""
    taken: set[str] = set()
    for part in (accepted or "").lower().split(","):
        coding, _, weight = part.partition(";")
        if weight.replace(" ", "").rstrip("0").rstrip(".") not in ("q=", "q=0"):
            taken.add(coding.strip())
    return next((it for it in CODINGS if it in taken and it in variants), "identity")
