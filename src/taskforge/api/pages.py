"""Pages without scripts: HTML with a style of its own, and the policy that allows it (S-42)."""

import hashlib
from base64 import b64encode

from litestar import MediaType, Response

_STYLE = """
:root { --ink: #16181d; --soft: #5b6270; --line: #dfe3ea; --page: #f7f8fa; --card: #fff;
  --mark: #3056d3; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceef3; --soft: #9aa3b2; --line: #2b303b;
  --page: #0f1115; --card: #171a21; --mark: #8aa4ff; } }
* { box-sizing: border-box; margin: 0; }
html { scroll-padding-top: 1.5rem; }
body { min-height: 100vh; padding: 3rem 1.25rem; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; }
main { width: min(46rem, 100%); margin: 0 auto; }
main.short { width: min(40rem, 100%); padding-top: 12vh; }
h1 { font-size: 2rem; letter-spacing: -0.02em; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem; color: var(--soft); font-weight: 600; }
h3 { font-size: 1rem; }
p { margin: .5rem 0; }
p.lead { margin: .5rem 0 1.75rem; color: var(--soft); }
a { color: var(--mark); }
code { font: .9em ui-monospace, monospace; }
nav { display: grid; gap: .75rem; }
nav a, article { display: block; padding: 1rem 1.25rem; border: 1px solid var(--line);
  border-radius: .75rem; background: var(--card); }
nav a { color: inherit; text-decoration: none; }
nav a:hover, nav a:focus-visible, article:target { border-color: var(--mark); outline: none; }
nav a b { display: block; color: var(--mark); }
nav a span, article p + p { color: var(--soft); font-size: .925rem; }
article { margin: .75rem 0; }
article:target { box-shadow: 0 0 0 1px var(--mark); }
article h3 a { color: inherit; text-decoration: none; }
footer { margin-top: 1.75rem; color: var(--soft); font-size: .85rem; }
"""
_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_BASE = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; img-src 'self' data:"
_POLICY = (
    f"{_BASE}; style-src 'sha256-{_HASH}'; form-action 'none'; require-trusted-types-for 'script'"
)


def page(title: str, main: str) -> Response[str]:
    """A page in the style of all of them.

    Args:
        title: plain text.
        main: HTML of ours, in which nothing came from outside.
    """
    text = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
{main}
</body>
</html>
"""
    headers = {"Content-Security-Policy": _POLICY}
    return Response(text, media_type=MediaType.HTML, headers=headers)
