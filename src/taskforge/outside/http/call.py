"""What is asked of a web server, and how much of it goes on to where a redirect leads (S-30.5)."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import httpx

from taskforge import __version__
from taskforge.core.failures import InvalidInput
from taskforge.core.outbound import HttpFailed
from taskforge.outside.http.decode import CODINGS

USER_AGENT = f"TaskForge/{__version__}"
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
CARRIED = frozenset({"user-agent", "accept", "accept-language", "accept-encoding"})
"""Headers that go on to another origin; any other may be a credential."""
OURS = frozenset(
    {
        "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer",
        "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers that say how a message is delimited or delivered; a job cannot set them."""
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")


class Call(NamedTuple):
    """What is asked of a destination."""

    method: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes | None

    def request(self, url: httpx.URL) -> httpx.Request:
        """The same as one HTTP request."""
        headers = {**self.headers, "connection": "close"}
        return httpx.Request(self.method, url, headers=headers, content=self.body)

    def with_these(self, headers: Mapping[str, str]) -> "Call":
        """The same with these headers, for one request; what the job has set stands."""
        return self._replace(headers={**headers, **self.headers}) if headers else self

    def asked(self) -> frozenset[str]:
        """The codings that the reply may come in."""
        return _codings(self.headers["accept-encoding"])

    def after(self, status: int, *, elsewhere: bool) -> "Call":
        """What is asked of the place that a redirect names (RFC 9110 section 15.4).

        Raises:
            HttpFailed: the body would go to another origin (`redirect`).
        """
        method, body, headers = self.method, self.body, self.headers
        if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
            method, body = "GET", None
            headers = {n: v for n, v in headers.items() if not n.startswith("content-")}
        if elsewhere:
            if body is not None:
                raise HttpFailed("The target passes the request on elsewhere.", reason="redirect")
            headers = {n: v for n, v in headers.items() if n in CARRIED}
        return Call(method, headers, body)


def checked_call(method: str, headers: Mapping[str, str], body: bytes | None) -> Call:
    """Put a call together.

    Raises:
        InvalidInput: a method or header that a job may not use, or that HTTP does not allow.
    """
    if method.upper() not in METHODS:
        raise InvalidInput(f"The method is one of {', '.join(sorted(METHODS))}.")
    sent = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "gzip, deflate"}
    for name, value in headers.items():
        lower = name.lower()
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise InvalidInput("A header consists of one line of ASCII characters.")
        if lower in OURS or lower.startswith("proxy-"):
            raise InvalidInput(f"The header {lower!r} cannot be set.")
        if lower == "accept-encoding" and not _codings(value) <= CODINGS:
            raise InvalidInput(f"accept-encoding is made of {', '.join(sorted(CODINGS))}.")
        sent[lower] = value
    return Call(method.upper(), sent, body)


def _codings(header: str) -> frozenset[str]:
    names = (part.partition(";")[0].strip().lower() for part in header.split(","))
    return frozenset(filter(None, names))
