"""The API as the client commands see it: where it is, who asks, and typed answers."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any, BinaryIO, NamedTuple, TypeVar

from taskforge.cli.client_http import Http, is_local
from taskforge.cli.output import talk
from taskforge.cli.session import Badge, Fixed, Kept, Session, SessionFile, sign_in
from taskforge.config import Layer, find, layers
from taskforge.core.demo import DEMO_PASSWORDS
from taskforge.core.errors import Denied, Malformed, Unauthenticated
from taskforge.core.people import Role

DEFAULT_URL = "http://127.0.0.1:8000"
FILE_SECONDS = 60.0
"""Longest silence of a server that is given a file."""
UP_ENV = "up.env"
ENVIRONMENT = "environment"
"""What `config.layers` calls the process's own."""
CREDENTIALS = (
    ("TASKFORGE_API_KEY", "X-API-Key", "{}"),
    ("TASKFORGE_TOKEN", "Authorization", "Bearer {}"),
)
"""Variables, the header that each one goes into, and how; the first that is set is used."""

T = TypeVar("T")


class Answer(NamedTuple):
    """What the API said."""

    http: Http
    content: bytes
    """JSON, as it came: `--json` prints this, so that nothing is lost on the way."""

    def read(self, kind: type[T]) -> T:
        """As a struct.

        Raises:
            Unavailable: it cannot be read.
        """
        return self.http.read(self.content, kind)


class Api:
    """Requests below `/api/v1`, made by somebody.

    Args:
        http: the server.
        badge: who asks.
    """

    def __init__(self, http: Http, badge: Badge) -> None:
        self.http = http
        self.badge = badge

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Answer:
        """Read something.

        Raises:
            TaskForgeError: the server refuses, or cannot be reached, or fails.
        """
        return self._call("GET", path, query=query)

    def post(self, path: str, body: Any = None) -> Answer:
        """Do something.

        Raises:
            TaskForgeError: the server refuses, or cannot be reached, or fails.
        """
        return self._call("POST", path, body=body)

    def patch(self, path: str, body: Any) -> Answer:
        """Change something.

        Raises:
            TaskForgeError: the server refuses, or cannot be reached, or fails.
        """
        return self._call("PATCH", path, body=body)

    def delete(self, path: str) -> None:
        """Delete something.

        Raises:
            TaskForgeError: the server refuses, or cannot be reached, or fails.
        """
        self._call("DELETE", path)

    @contextmanager
    def open(self, path: str) -> Generator[HTTPResponse]:
        """Read something large, piece by piece.

        Raises:
            TaskForgeError: the server refuses, or cannot be reached, or fails.
        """
        self._greet()
        with self.http.open("GET", f"/api/v1{path}", None, headers=self.badge.headers()) as answer:
            yield answer

    def upload(self, path: str, file: BinaryIO, size: int, query: Mapping[str, Any]) -> Answer:
        """Send a file as it is.

        Raises:
            TaskForgeError: the server refuses, or cannot be reached, or fails.
        """
        self._greet()
        headers = {
            **self.badge.headers(),
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
        }
        path = f"/api/v1{path}"
        with self.http.open("POST", path, file, query, headers, seconds=FILE_SECONDS) as answer:
            return Answer(self.http, answer.read())

    def _greet(self) -> None:
        """Make sure of the session before a file is on its way, which cannot be sent twice."""
        self.get("/auth/me")

    def _call(self, method: str, path: str, **options: Any) -> Answer:
        path = f"/api/v1{path}"
        try:
            content = self.http.send(method, path, headers=self.badge.headers(), **options)
        except Unauthenticated:
            if not self.badge.renew():
                raise
            content = self.http.send(method, path, headers=self.badge.headers(), **options)
        return Answer(self.http, content)


def open_http(sources: list[Layer]) -> Http:
    """The server that TASKFORGE_URL names, or the one on this machine.

    Raises:
        Malformed: TASKFORGE_URL is no address.
    """
    return Http(find("TASKFORGE_URL", sources)[0] or DEFAULT_URL)


def open_api() -> Api:
    """The API with the credentials of the environment, or of `taskforge login`.

    Nothing is sent yet.

    Raises:
        Malformed: TASKFORGE_URL is no address, or the credentials cannot be any.
        Denied: credentials of the environment would go where a file in this folder says.
    """
    sources = layers()
    http = open_http(sources)
    return Api(http, _given(http, sources) or _session(http, sources))


def _given(http: Http, sources: list[Layer]) -> Badge | None:
    for variable, header, form in CREDENTIALS:
        value, origin = find(variable, sources)
        if value is None:
            continue
        elsewhere = find("TASKFORGE_URL", sources)[1] not in (ENVIRONMENT, "default")
        if origin == ENVIRONMENT and elsewhere and not is_local(http.url):
            # Or whoever wrote the folder's .env would be sent the user's key.
            raise Denied(
                f"{variable} comes from the environment and TASKFORGE_URL ({http.url}) from a "
                "file in this folder: set TASKFORGE_URL in the environment too."
            )
        if not value.isascii() or not value.isprintable():
            raise Malformed(f"{variable} has characters that no header can carry.")
        return Fixed(header, form.format(value))
    return None


def _session(http: Http, sources: list[Layer]) -> Session:
    file = SessionFile()
    kept = file.get(http.url)
    if not _is_local_up(http, sources) or (kept is not None and not kept.demo):
        return Session(http, file)
    name = Role.OPERATOR.value
    talk.print(f"as the demo account {name!r} of the local `taskforge up`", style="dim")

    def reopen() -> Kept:
        return sign_in(http, name, DEMO_PASSWORDS[Role.OPERATOR], demo=True)

    return Session(http, file, reopen)


def _is_local_up(http: Http, sources: list[Layer]) -> bool:
    """Whether this is the development stack that `taskforge up` runs from this folder."""
    ours = dict(sources).get(UP_ENV, {}).get("TASKFORGE_URL", "")
    development = find("ENVIRONMENT", sources)[0] in (None, "development")
    return development and is_local(http.url) and http.url == ours.rstrip("/")
