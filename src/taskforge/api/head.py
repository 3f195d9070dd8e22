"""The head of a request before anything believes it: how long it is, and for which host (S-43)."""

import re
from collections.abc import Iterable
from typing import Any

from taskforge.core.errors import Malformed, Misdirected

UNNAMED = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Probes come by address, so these answer under any name."""
_NAME = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.ASCII)


class Hosts:
    """The names that this installation goes by.

    Args:
        names: in lower case, without a port: exact, or `*.` and a name for all below it. None, or
            `*`, is any.
    """

    def __init__(self, names: Iterable[str]) -> None:
        listed = frozenset(names)
        self._any = not listed or "*" in listed
        self._exact = listed
        self._below = tuple(name[1:] for name in listed if name.startswith("*."))

    def know(self, host: str) -> bool:
        """Whether a Host header, with its port or without, is one of ours."""
        if self._any:
            return True
        found = _NAME.fullmatch(host.lower())
        name = found[1] if found else ""
        return name in self._exact or name.endswith(self._below)


def check_head(scope: Any, hosts: Hosts) -> None:
    """Refuse a request that two servers could read in two ways, or that is for somebody else.

    The Host header alone is looked at: X-Forwarded-Host is hearsay.

    Raises:
        Malformed: no or several hosts (RFC 9112 §3.2), or a body of unclear length (§6.1).
        Misdirected: it names a host that is not ours.
    """
    named: list[bytes] = []
    lengths = codings = 0
    for key, value in scope["headers"]:
        if key == b"host":
            named.append(value)
        elif key == b"content-length":
            lengths += 1
        elif key == b"transfer-encoding":
            codings += 1 if value.lower() == b"chunked" else 2
    if lengths + codings > 1:
        raise Malformed("Send the length of the body or its chunks, not both, and no other coding.",
                        code="unclear_length")  # fmt: skip
    if len(named) > 1 or (not named and scope.get("http_version") == "1.1"):
        raise Malformed("A request has one Host header.", code="unclear_host")
    host = named[0].decode("latin-1") if named else ""
    if not hosts.know(host) and scope["path"] not in UNNAMED:
        raise Misdirected("This server does not go by the name in the Host header.")
