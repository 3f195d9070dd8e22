"""A Content-Security-Policy, parsed and judged (CSP Level 3).

A page may carry several policies and a resource has to pass all of them, so a weakness counts only
when every policy has it.
"""

from collections.abc import Callable, Mapping, Sequence

Policy = Mapping[str, tuple[str, ...]]
"""Directive to its sources, both in lower case; the first of two same directives counts."""

ANYWHERE = frozenset({"*", "http:", "https:", "data:", "blob:", "http://*", "https://*"})
GUARDS = ("'nonce-", "'sha256-", "'sha384-", "'sha512-")


def parse_policies(values: Sequence[str]) -> list[Policy]:
    """The policies of all headers of that name; a comma separates two in one header."""
    policies: list[Policy] = []
    for text in ",".join(values).lower().split(","):
        policy: dict[str, tuple[str, ...]] = {}
        for directive in text.split(";"):
            name, *sources = directive.split() or [""]
            if name:
                policy.setdefault(name, tuple(sources))
        if policy:
            policies.append(policy)
    return policies


def always(policies: Sequence[Policy], weakness: Callable[[Policy], str]) -> str:
    """What a weakness looks like, if every policy has it; empty when one has not."""
    seen = [weakness(policy) for policy in policies]
    return seen[0] if seen and all(seen) else ""


def inline_scripts(policy: Policy) -> str:
    """Whether any inline script runs; a nonce or hash makes browsers ignore 'unsafe-inline'."""
    name, sources = _scripts(policy)
    guarded = any(source.startswith(GUARDS) for source in sources)
    if not name:
        return "neither script-src nor default-src"
    return f"{name} 'unsafe-inline'" if "'unsafe-inline'" in sources and not guarded else ""


def scripts_from_anywhere(policy: Policy) -> str:
    """Whether scripts may come from any host; 'strict-dynamic' makes browsers ignore hosts."""
    name, sources = _scripts(policy)
    if "'strict-dynamic'" in sources:
        return ""
    wide = [source for source in sources if source in ANYWHERE]
    return f"{name} {' '.join(wide)}" if wide else ""


def evaluated_scripts(policy: Policy) -> str:
    """Whether text may become code."""
    name, sources = _scripts(policy)
    return f"{name} 'unsafe-eval'" if "'unsafe-eval'" in sources else ""


def open_objects(policy: Policy) -> str:
    """Whether plug-in content is left open."""
    sources = policy.get("object-src", policy.get("default-src"))
    if sources is None:
        return "neither object-src nor default-src"
    wide = [source for source in sources if source in ANYWHERE]
    return f"object-src {' '.join(wide)}" if wide else ""


def open_base(policy: Policy) -> str:
    """Whether `<base>` may point anywhere; default-src does not cover it."""
    return "" if "base-uri" in policy else "no base-uri"


def open_frames(policy: Policy) -> str:
    """Whether any site may frame the page; default-src does not cover it."""
    sources = policy.get("frame-ancestors")
    if sources is None:
        return "no frame-ancestors"
    wide = [source for source in sources if source in ANYWHERE]
    return f"frame-ancestors {' '.join(wide)}" if wide else ""


def _scripts(policy: Policy) -> tuple[str, tuple[str, ...]]:
    for name in ("script-src", "default-src"):
        if name in policy:
            return name, policy[name]
    return "", ()
