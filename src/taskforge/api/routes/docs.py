"""The API's documentation: Swagger UI from an installed package, so that it works offline."""

import re
from html import escape
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from litestar import MediaType, Request, Response, Router, get
from litestar.connection import ASGIConnection
from litestar.datastructures import ResponseHeader
from litestar.exceptions import NotFoundException
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.params import FromPath

from taskforge.api.auth import PUBLIC
from taskforge.api.catalogue import KINDS, Kind
from taskforge.api.openapi.document import schema_bytes
from taskforge.api.pages import page
from taskforge.flows.deps import Deps

_ASSETS = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>TaskForge API</title>
<link rel="icon" href="/api/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/api/docs/assets/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/api/docs/assets/swagger-ui-bundle.js"></script>
<script src="/api/docs/assets/start.js"></script>
</body>
</html>
"""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
_START = """SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  validatorUrl: null,
});
"""


class DocsPage(OpenAPIRenderPlugin):
    """Litestar's hook for a documentation page."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page; it fetches the schema itself."""
        return _PAGE.encode()


class Schema(OpenAPIRenderPlugin):
    """The schema beside the page, the same as at `/api/openapi.json`."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json", media_type=MediaType.JSON)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The schema as JSON."""
        return schema_bytes(request.app)


def shown(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of the documentation: DOCS_PUBLIC may hide it, but never the types of problems (S-44).

    Raises:
        NotFoundException: it is hidden, or an address that Litestar would answer with a page.
    """
    deps: Deps = connection.app.state["deps"]
    if "/{path:str}" in handler.paths or not (
        deps.settings.docs_public or "/problems" in handler.paths
    ):
        raise NotFoundException


@get("/api/openapi.json", include_in_schema=False, guards=[shown], opt=PUBLIC, sync_to_thread=True)
def openapi_json(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The API's description in OpenAPI 3.1."""
    return Response(schema_bytes(request.app), media_type=MediaType.JSON)


@get("/assets/{name:str}", include_in_schema=False, opt=PUBLIC, sync_to_thread=False)
def asset(name: FromPath[str]) -> Response[bytes]:
    """A file that the page needs."""
    if name == "start.js":
        content, media_type = _START.encode(), "text/javascript; charset=utf-8"
    elif name in _ASSETS:
        content, media_type = _vendored(name), _ASSETS[name]
    else:
        raise NotFoundException
    return Response(content, media_type=media_type, headers={"Cache-Control": "max-age=86400"})


@get("/problems", include_in_schema=False, opt=PUBLIC, sync_to_thread=False)
def problems() -> Response[str]:
    """What the `type` of a problem document points to."""
    return page("Problems - TaskForge", _PROBLEMS)


def _problem(code: str, kind: Kind) -> str:
    statuses = " or ".join(f"{status} {HTTPStatus(status).phrase}" for status in kind.statuses)
    return (
        f'<article id="{code}"><h3><a href="#{code}"><code>{code}</code></a> - {statuses}</h3>'
        f"<p>{_as_html(kind.meaning)}</p><p>{_as_html(kind.remedy)}</p></article>\n"
    )


def _as_html(text: str) -> str:
    return re.sub("`(.*?)`", r"<code>\1</code>", escape(text))


_PROBLEMS = (
    '<main>\n<h1>Problems</h1>\n<p class="lead">Every failure is answered with a problem document'
    " (RFC 9457). Its <code>code</code> is one of these; its <code>detail</code> says more, and its"
    " <code>instance</code> is what the log knows it by.</p>\n"
    + "".join(_problem(code, kind) for code, kind in KINDS.items())
    + "</main>"
)


def docs_router() -> Router:
    """The router for one application; Litestar adds the page and the schema to it."""
    return Router(
        "/api/docs",
        route_handlers=[asset, problems],
        guards=[shown],
        opt=PUBLIC,
        include_in_schema=False,
        response_headers=[ResponseHeader(name="Content-Security-Policy", value=_POLICY)],
        dto=None,
        return_dto=None,
    )


def _vendored(name: str) -> bytes:
    vendor = files("swagger_ui_bundle").joinpath("vendor")
    newest = max((entry for entry in vendor.iterdir() if entry.is_dir()), key=lambda e: e.name)
    return newest.joinpath(name).read_bytes()
