"""The page at `/`: what this is, and where its API is described."""

from litestar import MediaType, Response, get

from taskforge import __version__
from taskforge.api.auth import PUBLIC

PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>TaskForge</title>
<style>
:root {{ --ink: #16181d; --soft: #5b6270; --line: #dfe3ea; --page: #f7f8fa; --card: #fff;
  --mark: #3056d3; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #eceef3; --soft: #9aa3b2; --line: #2b303b;
  --page: #0f1115; --card: #171a21; --mark: #8aa4ff; }} }}
* {{ box-sizing: border-box; margin: 0; }}
body {{ min-height: 100vh; display: grid; place-items: center; padding: 2rem;
  background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }}
main {{ width: min(40rem, 100%); }}
h1 {{ font-size: 2rem; letter-spacing: -0.02em; }}
p {{ margin: .5rem 0 1.75rem; color: var(--soft); }}
nav {{ display: grid; gap: .75rem; }}
a {{ display: block; padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: .75rem;
  background: var(--card); color: inherit; text-decoration: none; }}
a:hover, a:focus-visible {{ border-color: var(--mark); outline: none; }}
a b {{ display: block; color: var(--mark); }}
a span {{ color: var(--soft); font-size: .925rem; }}
footer {{ margin-top: 1.75rem; color: var(--soft); font-size: .85rem; }}
</style>
</head>
<body>
<main>
<h1>TaskForge</h1>
<p>Submit a job, watch it run, search what it did.</p>
<nav aria-label="Addresses">
<a href="/api/docs"><b>API documentation</b><span>Every route, with a form to try it</span></a>
<a href="/api/openapi.json"><b>OpenAPI schema</b><span>For generated clients</span></a>
<a href="/health/ready"><b>Health</b><span>What this process can reach</span></a>
</nav>
<footer>Version {__version__}</footer>
</main>
</body>
</html>
"""


@get("/", include_in_schema=False, opt=PUBLIC, sync_to_thread=False)
def root() -> Response[str]:
    """A page without scripts."""
    return Response(PAGE, media_type=MediaType.HTML)
