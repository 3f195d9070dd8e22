"""Strings that run where a page takes text for markup (T-68): 200, and each tells its number."""

RAN = "window.__ran.push({n})"
VECTORS = [
    "<script>{run}</script>",
    "<img src=x onerror={run}>",
    "<svg onload={run}>",
    "<svg><animate onbegin={run} attributeName=x dur=1s>",
    "<body onload={run}>",
    "<iframe srcdoc=\"<script>parent.{run}</script>\"></iframe>",
    "<iframe src=\"javascript:parent.{run}\"></iframe>",
    "<a href=\"javascript:{run}\">click</a>",
    "javascript:{run}//",
    "JaVaScRiPt:{run}",
    "data:text/html,<script>opener.{run}</script>",
    "<math><mtext><table><mglyph><style><img src=x onerror={run}></style></mglyph></table></math>",
    "<details open ontoggle={run}>",
    "<input autofocus onfocus={run}>",
    "<video><source onerror={run}></video>",
    "<marquee onstart={run}>",
    "<object data=\"javascript:{run}\"></object>",
    "<meta http-equiv=refresh content=\"0;url=javascript:{run}\">",
    "<base href=\"javascript:{run}//\">",
    "<style>@import 'javascript:{run}';</style>",
    "{{{{constructor.constructor('{run}')()}}}}",
    "${{{run}}}",
    "<template><script>{run}</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror={run}>\">",
    "<form><button formaction=\"javascript:{run}\">go</button></form>",
]  # fmt: skip
WRAPPERS = [
    "{it}",
    "\"'>{it}",
    "</title></textarea></script>{it}",
    "\u202e{it}\u2066",
    "\x1b[31m{it}\x1b[0m",
    "]]>{it}<!--",
    "%3Cx%3E{it}",
    "\\u003cx\\u003e{it}\\",
]


def hostile() -> list[str]:
    """All of them."""
    count = len(VECTORS) * len(WRAPPERS)
    return [
        wrapper.format(it=VECTORS[n % len(VECTORS)].format(run=RAN.format(n=n)))
        for n in range(count)
        for wrapper in [WRAPPERS[n // len(VECTORS)]]
    ]
