"""Who may be told of the trace that a request belongs to: hosts that the operator names.

A `traceparent` shows its reader which requests belong together, and lets him put spans of his own
into the trace. Jobs and webhooks go to strangers, so by default nobody is told.
"""

from collections.abc import Iterable


class Circle:
    """The hosts that are told.

    Args:
        entries: `host` (all its ports), `host:port`, `*.example.com` for all below it, or `*`.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        named = {entry.strip().lower() for entry in entries} - {""}
        self._everybody = "*" in named
        self._below = tuple(entry[1:] for entry in named if entry.startswith("*."))
        self._exact = frozenset(named)

    def has(self, host: str, port: int) -> bool:
        """Whether it is among them; `host` in lower case, an IPv6 address without brackets."""
        shown = f"[{host}]" if ":" in host else host
        exact = {host, shown, f"{shown}:{port}"} & self._exact
        return self._everybody or bool(exact) or host.endswith(self._below)
