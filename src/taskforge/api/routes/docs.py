"""The API's documentation: Swagger UI from an installed package, so that it works offline."""

from importlib.resources import files
from typing import Any

from litestar import MediaType, Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.params import FromPath

from taskforge.api.auth import PUBLIC
from taskforge.api.errors import STATUSES
from taskforge.api.openapi import schema_bytes

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


@get("/api/openapi.json", include_in_schema=False, opt=PUBLIC, sync_to_thread=False)
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
    rows = "".join(
        f"<dt id='{kind.code}'>{status} · {kind.code}</dt><dd>{kind.__doc__}</dd>"
        for kind, status in sorted(STATUSES.items(), key=lambda item: item[1])
    )
    page = (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Problems</title>"
        f"<h1>Problem types</h1><p>The <code>code</code> of a problem says more.</p><dl>{rows}</dl>"
    )
    return Response(page, media_type=MediaType.HTML)


def docs_router() -> Router:
    """The router for one application; Litestar adds the page and the schema to it."""
    return Router(
        "/api/docs",
        route_handlers=[asset, problems],
        opt=PUBLIC,
        include_in_schema=False,
        dto=None,
        return_dto=None,
    )


def _vendored(name: str) -> bytes:
    vendor = files("swagger_ui_bundle").joinpath("vendor")
    newest = max((entry for entry in vendor.iterdir() if entry.is_dir()), key=lambda e: e.name)
    return newest.joinpath(name).read_bytes()
