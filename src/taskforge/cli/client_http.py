"""HTTP as the client commands speak it: bytes back, or one of our own errors.

A problem document (RFC 9457) becomes the error that the server meant, so that a refusal has the
same words and exit code wherever it was made.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx
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

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
RETRY_SECONDS = 1.0
"""When a server that is away does not say how long."""

T = TypeVar("T")


class Http:
    """One server, and a connection to it that is kept open.

    Args:
        url: its address, such as `http://127.0.0.1:8000`; a path in it comes before every other.

    Raises:
        Malformed: `url` is no address that HTTP could go to.
    """

    def __init__(self, url: str) -> None:
        self.url = checked_url(url)
        self._client = httpx.Client(
            base_url=self.url,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            headers={"User-Agent": f"taskforge/{__version__}", "Accept": "application/json"},
            # Reading the list of authorities takes longer than most requests; HTTP needs none.
            verify=self.url.startswith("https:"),
            trust_env=not is_local(self.url),  # a proxy does not know this machine's own address
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

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
        sent = {**(headers or {}), **({"Content-Type": "application/json"} if content else {})}
        wait = float((query or {}).get("wait", 0))
        timeout = httpx.Timeout(ANSWER_SECONDS + wait, connect=CONNECT_SECONDS)
        try:
            answer = self._client.request(
                method, path, content=content, params=query, headers=sent, timeout=timeout
            )
        except httpx.TimeoutException as error:
            raise self._away("does not answer in time") from error
        except httpx.TransportError as error:
            raise self._away(f"cannot be reached ({error})") from error
        if not answer.is_success:
            raise refusal(answer)
        return answer.content

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


def refusal(answer: httpx.Response) -> TaskForgeError:
    """The error that an answer stands for; its faults follow the sentence, a line each."""
    try:
        problem = msgspec.json.decode(answer.content, type=_Problem)
    except (msgspec.MsgspecError, ValueError):
        problem = _Problem()  # a proxy's page, or no TaskForge at all
    status = answer.status_code
    said = problem.detail or problem.title or f"The server answers {status} {answer.reason_phrase}."
    if status >= 500:
        said = f"{said} ({problem.instance})" if problem.instance else said
        return Unavailable(said, retry_after=_patience(answer), code=problem.code)
    detail = "\n".join([said, *(_line(f) for f in problem.errors if f.message not in said)])
    if status == 429:
        return Limited(detail, retry_after=_patience(answer), code=problem.code)
    if status in _FAMILIES:
        return _FAMILIES[status](detail, code=problem.code)
    faults = [Fault(f.pointer or "", f.message) for f in problem.errors]
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


def _patience(answer: httpx.Response) -> float:
    given = answer.headers.get("Retry-After", "")
    return float(given) if given.isdecimal() else RETRY_SECONDS
