"""The page at `/` where no dashboard is served: what this is, and where its API is described."""

from litestar import Response, get

from taskforge import __version__
from taskforge.api.auth import PUBLIC, DepsHere
from taskforge.api.pages import page

_DOCS = """<a href="/api/docs"><b>API documentation</b><span>Every route, with a form to try it</span></a>
<a href="/api/openapi.json"><b>OpenAPI schema</b><span>For generated clients</span></a>
"""  # noqa: E501 - a link is one line
_MAIN = """<main class="short">
<h1>TaskForge</h1>
<p class="lead">Submit a job, watch it run, search what it did.</p>
<p class="lead">No dashboard here: it is not built yet (<code>just up</code> builds it, and the next
start serves it), or it was left out (<code>--no-web</code>).</p>
<nav aria-label="Addresses">
{docs}<a href="/api/docs/problems"><b>Problems</b><span>What went wrong, and what to do next</span></a>
<a href="/health/ready"><b>Health</b><span>What this process can reach</span></a>
</nav>
{footer}</main>"""  # noqa: E501 - a link is one line


@get("/", include_in_schema=False, opt=PUBLIC, sync_to_thread=False)
def root(deps: DepsHere) -> Response[str]:
    """A page without scripts; a version is told to those who may see the documentation (S-44)."""
    public = deps.settings.docs_public
    footer = f"<footer>Version {__version__}</footer>\n" if public else ""
    return page("TaskForge", _MAIN.format(docs=_DOCS if public else "", footer=footer))
