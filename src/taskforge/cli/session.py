"""Who the client commands are to the API: a key, a token, or a session kept between commands.

Sessions are kept in the user's configuration folder, one for each address, readable by their owner
alone. A refresh token is good once (S-03), so whoever trades it holds a lock on the file; a second
command waits and finds the new pair. What a command that was killed over it has lost, the next one
gets from the server, within seconds.
"""

import fcntl
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import msgspec
import typer

from taskforge.cli.client_http import Http
from taskforge.core.errors import NotFound, Unauthenticated
from taskforge.core.ids import new_token

EARLY_SECONDS = 30.0
"""An access token that ends so soon is traded before it is used."""
SIGN_IN_HINT = "sign in with `taskforge login`, or set TASKFORGE_API_KEY"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A session as the file holds it."""

    username: str
    access_token: str
    refresh_token: str
    expires_at: float
    """Of the access token: seconds since 1970, by this machine's clock."""
    demo: bool = False
    """Opened by itself for the demo account, and so may be opened again by itself."""
    nonce: str | None = None
    """Goes with the refresh token: whoever is killed before the answer is kept may ask again."""


class _User(msgspec.Struct, frozen=True):
    username: str
    role: str


class SignedIn(msgspec.Struct, frozen=True):
    """What the API answers to a sign-in or a refresh."""

    access_token: str
    refresh_token: str
    expires_in: float
    user: _User


class SessionFile:
    """The sessions of this user on this machine.

    Args:
        folder: where the file is; by default the user's configuration folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(typer.get_app_dir("taskforge"))
        self._path = self._folder / "sessions.json"

    def get(self, url: str) -> Kept | None:
        """The session at an address."""
        return self._read().get(url)

    def put(self, url: str, kept: Kept | None) -> None:
        """Keep a session, or forget it; the caller holds the lock."""
        sessions = self._read()
        sessions.pop(url, None)
        if kept is not None:
            sessions[url] = kept
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
            sink.write(msgspec.json.encode(sessions))
        fresh.replace(self._path)  # whole or not at all: a command may be killed at any moment

    @contextmanager
    def locked(self) -> Generator[None]:
        """Keep other commands from changing the file, and from trading what is in it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._folder / "sessions.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _read(self) -> dict[str, Kept]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Kept])
        except FileNotFoundError:
            return {}
        except (msgspec.MsgspecError, ValueError):
            return {}  # of another release, or damaged: signing in again mends it


class Badge(Protocol):
    """What a request shows to be let in."""

    def headers(self) -> dict[str, str]:
        """The headers of the next request.

        Raises:
            TaskForgeError: there is no way to get them.
        """
        ...

    def renew(self) -> bool:
        """After a refusal: whether new headers are worth another try."""
        ...


class Fixed:
    """A key or token that somebody gave us."""

    def __init__(self, name: str, value: str) -> None:
        self._headers = {name: value}

    def headers(self) -> dict[str, str]:
        """The same every time."""
        return self._headers

    def renew(self) -> bool:
        """There is no other."""
        return False


class Session:
    """A session in the file, traded for the next when it grows old.

    Args:
        http: the server.
        file: where sessions are kept.
        reopen: signs in anew when the session has ended; None: the user has to.
    """

    def __init__(
        self, http: Http, file: SessionFile, reopen: Callable[[], Kept] | None = None
    ) -> None:
        self._http = http
        self._file = file
        self._reopen = reopen
        self._kept = file.get(http.url)

    def headers(self) -> dict[str, str]:
        """With an access token that is good for a while.

        Raises:
            Unauthenticated: nobody is signed in.
        """
        kept = self._kept
        if kept is None or kept.expires_at - EARLY_SECONDS < time.time():
            kept = self._kept = self._next(kept)
        return {"Authorization": f"Bearer {kept.access_token}"}

    def renew(self) -> bool:
        """Trade the session for the next one; the server has refused what it had."""
        self._kept = self._next(self._kept)
        return True

    def _next(self, known: Kept | None) -> Kept:
        with self._file.locked():
            kept = self._file.get(self._http.url)
            if kept is not None and kept != known:
                return kept  # another command has just done it
            fresh = self._refreshed(kept) if kept is not None else None
            if fresh is None and self._reopen is not None and (kept is None or kept.demo):
                fresh = self._reopen()
            if kept is not None or fresh is not None:
                self._file.put(self._http.url, fresh)
        if fresh is None:
            _check_alive(self._http)
            raise Unauthenticated(f"Nobody is signed in at {self._http.url}: {SIGN_IN_HINT}.")
        return fresh

    def _refreshed(self, kept: Kept) -> Kept | None:
        try:
            answer = self._http.send(
                "POST",
                "/api/v1/auth/refresh",
                body={"refresh_token": kept.refresh_token, "nonce": kept.nonce},
            )
        except Unauthenticated:
            return None
        return _kept(self._http.read(answer, SignedIn), demo=kept.demo)


def sign_in(http: Http, username: str, password: str, *, demo: bool = False) -> Kept:
    """Open a session.

    Raises:
        Unauthenticated: the name or the password is wrong.
    """
    answer = http.send(
        "POST", "/api/v1/auth/login", body={"username": username, "password": password}
    )
    return _kept(http.read(answer, SignedIn), demo=demo)


def sign_out(http: Http, file: SessionFile) -> None:
    """End the session at the server, and forget it here even when the server cannot be told.

    Raises:
        Unauthenticated: there is none.
        Unavailable: the server does not know yet; the session ends there within 7 days.
    """
    try:
        http.send("POST", "/api/v1/auth/logout", headers=Session(http, file).headers())
    finally:
        with file.locked():
            if file.get(http.url) is not None:
                file.put(http.url, None)


def _check_alive(http: Http) -> None:
    """Nobody should be asked to sign in where nothing runs.

    Raises:
        Unavailable: nothing does.
    """
    with suppress(NotFound):
        http.send("GET", "/health/live")


def _kept(signed_in: SignedIn, *, demo: bool) -> Kept:
    return Kept(
        username=signed_in.user.username,
        access_token=signed_in.access_token,
        refresh_token=signed_in.refresh_token,
        expires_at=time.time() + signed_in.expires_in,
        demo=demo,
        nonce=new_token(),
    )
