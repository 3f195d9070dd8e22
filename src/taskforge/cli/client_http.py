"""HTTP as the client commands speak it: bytes back, or one of our own errors.

A problem document (RFC 9457) becomes the error that the server meant, so that a refusal has the
same words and exit code wherever it was made. The standard library does the speaking: a command
makes one or two requests, and importing httpx alone takes longer than the rest of it.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from email.message import Message
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from typing import Any, BinaryIO, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import BaseHandler, HTTPRedirectHandler, ProxyHandler, Request, build_opener

import msgspec

from taskforge import __version__
from taskforge.core.errors import (
    Conflict,
    Denied,
    Fault,
    Invalid,
    Limited,
    Malformed,
    NotFound,
    TaskForgeError,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)

ANSWER_SECONDS = 15.0
"""Longest silence of a server, from the first attempt to reach it on."""
RETRY_SECONDS = 1.0
"""When a server that is away does not say how long."""

T = TypeVar("T")


class _Stay(HTTPRedirectHandler):
    """Credentials go where they were meant to go, and nowhere that an answer names."""

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """No other request: the answer itself is the outcome."""


class Http:
    """One server.

    Args:
        url: its address, such as `http://127.0.0.1:8000`; a path in it comes before every other.

    Raises:
        Malformed: `url` is no address that HTTP could go to.
    """

    def __init__(self, url: str) -> None:
        self.url = checked_url(url)
        # A proxy does not know this machine's own address.
        direct: list[BaseHandler] = [ProxyHandler({})] if is_local(self.url) else []
        self._opener = build_opener(_Stay, *direct)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """One request; what the server answers.

        Args:
            method: of HTTP.
            path: below the server's address.
            body: becomes JSON.
            query: parameters; a list is repeated. `wait`, seconds, also lengthens our patience.
            headers: more of them.

        Raises:
            TaskForgeError: the server refuses, or cannot be reached, or fails.
        """
        content = None if body is None else msgspec.json.encode(body)
        given = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        seconds = ANSWER_SECONDS + float((query or {}).get("wait", 0))
        with self.open(method, path, content, query, given, seconds=seconds) as answer:
            return answer.read()

    @contextmanager
    def open(
        self,
        method: str,
        path: str,
        content: bytes | BinaryIO | None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        seconds: float = ANSWER_SECONDS,
    ) -> Generator[HTTPResponse]:
        """One request; an answer that says yes, still to be read.

        Args:
            method: of HTTP.
            path: below the server's address.
            content: sent as it is; a file needs its Content-Length in `headers`.
            query: parameters; a list is repeated.
            headers: of the request.
            seconds: longest silence.

        Raises:
            TaskForgeError: the server refuses, or cannot be reached, or fails.
        """
        asked = urlencode(query or {}, doseq=True)
        request = Request(  # noqa: S310 - http or https: `checked_url` saw to it
            f"{self.url}{path}?{asked}" if asked else f"{self.url}{path}",
            method=method,
            data=content,
            headers={"User-Agent": f"taskforge/{__version__}", **(headers or {})},
        )
        try:
            with self._opener.open(request, timeout=seconds) as answer:
                yield answer
        except HTTPError as error:
            with error:
                raise refusal(error.code, error.reason, error.headers, error.read()) from error
        except (OSError, HTTPException) as error:
            raise self._away(f"does not answer ({error})") from error

    def read(self, content: bytes, kind: type[T]) -> T:
        """An answer's JSON as a struct.

        Raises:
            Unavailable: it is something else; most likely the server is not TaskForge.
        """
        try:
            return msgspec.json.decode(content, type=kind)
        except (msgspec.MsgspecError, ValueError) as error:
            raise self._away(f"gives an answer that cannot be read ({error})") from error

    def _away(self, what: str) -> Unavailable:
        hint = "; is it running? `taskforge up` starts it" if is_local(self.url) else ""
        return Unavailable(f"TaskForge at {self.url} {what}{hint}.", retry_after=RETRY_SECONDS)


class _ProblemFault(msgspec.Struct, frozen=True):
    message: str = ""
    pointer: str | None = None
    parameter: str | None = None
    position: int | None = None


class _Problem(msgspec.Struct, frozen=True):
    title: str = ""
    detail: str = ""
    instance: str = ""
    code: str | None = None
    errors: list[_ProblemFault] = []


_FAMILIES: Mapping[int, type[TaskForgeError]] = {
    401: Unauthenticated,
    403: Denied,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    415: Unsupported,
}


def refusal(status: int, reason: str, headers: Message, content: bytes) -> TaskForgeError:
    """The error that an answer stands for; its faults follow the sentence, a line each."""
    try:
        problem = msgspec.json.decode(content, type=_Problem)
    except (msgspec.MsgspecError, ValueError):
        problem = _Problem()  # a proxy's page, or no TaskForge at all
    said = problem.detail or problem.title or f"The server answers {status} {reason}."
    if status >= 500:
        said = f"{said} ({problem.instance})" if problem.instance else said
        return Unavailable(said, retry_after=_patience(headers), code=problem.code)
    detail = "\n".join([said, *(_line(f) for f in problem.errors if f.message not in said)])
    if status == 429:
        return Limited(detail, retry_after=_patience(headers), code=problem.code)
    if status in _FAMILIES:
        return _FAMILIES[status](detail, code=problem.code)
    faults = [Fault(f.pointer or "", f.message, f.parameter, f.position) for f in problem.errors]
    family = Invalid if status == 422 else Malformed
    return family(detail, code=problem.code, faults=faults)


def checked_url(url: str) -> str:
    """The address without a trailing slash.

    Raises:
        Malformed: it has no host, or is neither http nor https.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise Malformed(f"TASKFORGE_URL: {url!r} is no address such as http://127.0.0.1:8000")
    return url.rstrip("/")


def is_local(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _line(fault: _ProblemFault) -> str:
    where = fault.pointer or fault.parameter
    return f"  {where}: {fault.message}" if where else f"  {fault.message}"


def _patience(headers: Message) -> float:
    given = headers.get("Retry-After", "")
    return float(given) if given.isdecimal() else RETRY_SECONDS
