"""What a handler gets besides its payload: the powers of one attempt.

Nothing here reaches another job's secrets, another host's files or a private network: paths are
chosen by the store, requests go through the guard (S-30), and heavy or unsafe work runs in a child
process with limits.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from socket import socket
from typing import Any, Protocol
from uuid import UUID

from taskforge.core.companion import CompanionLimits
from taskforge.core.failures import ErrorRecord
from taskforge.core.files import StoredFile
from taskforge.core.history import ArtifactRecord
from taskforge.core.outbound import HttpLimits, HttpReply
from taskforge.core.sandbox import SandboxLimits
from taskforge.handlers.voice import Report as Report
from taskforge.handlers.voice import Say as Say


class Outbound(Protocol):
    """The only way from a job to the network; every address is checked where it is connected."""

    async def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        limits: HttpLimits | None = None,
        may_follow: Callable[[str], bool] | None = None,
    ) -> HttpReply:
        """Make one request, and read the reply within limits.

        No cookies, no credentials, no proxies; a reply of any status is returned.

        Args:
            url: http or https, ports 80, 443, 8080, 8443, no user name in it.
            method: of HTTP.
            headers: beside `user-agent`, `accept` and `accept-encoding` (gzip, deflate), which may
                be set anew; to another origin go only these and `accept-language`.
            body: sent as it is.
            limits: time, size and redirects.
            may_follow: asked with the address of each redirect; False makes it the reply.

        Raises:
            BlockedByPolicy: an address that jobs may not reach; never retried.
            InvalidInput: no address, or a method or header that cannot be sent; never retried.
            HttpFailed: no usable reply; its `reason` says which kind.
        """
        ...

    async def dial(self, host: str, port: int, *, seconds: float = 5.0) -> socket:
        """Open a TCP connection to a checked address, for protocols other than HTTP.

        Returns:
            A connected, non-blocking socket; the caller closes it.

        Raises:
            BlockedByPolicy: an address that jobs may not reach.
            HttpFailed: no connection, with reason `dns`, `connect` or `timeout`.
        """
        ...


class ArtifactWriter(Protocol):
    """An artifact in the making."""

    async def write(self, data: bytes) -> None:
        """Append.

        Raises:
            InvalidInput: the artifact would grow beyond its limit (1 GiB).
        """
        ...


class Context(Protocol):
    """What a handler gets besides its payload."""

    job_id: UUID
    attempt: int
    """1 for the first."""
    previous_error: ErrorRecord | None
    """How the attempt before this one failed."""
    deadline: datetime
    """When the attempt's time is up."""
    datasets_dir: Path
    """Where server-side data files live; read only."""
    http: Outbound

    async def progress(
        self,
        *,
        percent: float | None = None,
        current: float | None = None,
        total: float | None = None,
        stage: str | None = None,
        message: str | None = None,
    ) -> None:
        """Report how far the work has come.

        Cheap to call often: about five reports a second leave the worker, and the last one always
        does. `percent` is worked out from `current` and `total` when it is left out.

        Raises:
            asyncio.CancelledError: somebody asked for the job to stop.
        """
        ...

    def log(self, level: str, message: str, **fields: Any) -> None:
        """Add a line to the job's log.

        Lines past 2,000 or 1 MB in one attempt are dropped, and the log says so.

        Args:
            level: `debug`, `info`, `warning` or `error`.
            message: at most 4,000 characters are kept.
            fields: JSON values.
        """
        ...

    def stream(self, text: str) -> None:
        """Show text to those who watch this job while it is being made.

        Sent at most ten times a second, each piece with its place in the whole. Nothing keeps it:
        what matters belongs into the result.
        """
        ...

    def setting(self, name: str) -> str:
        """A setting that job types may read, as its text; empty when not set.

        Args:
            name: one of `config.JOB_SETTINGS`, such as `AI_BASE_URL`, or any variable that begins
                with `JOB_`: the place for a plug-in's own settings and secrets.

        Raises:
            KeyError: no such setting, or one that jobs may not read.
        """
        ...

    async def checkpoint(self, data: Any, *, key: str = "") -> None:
        """Keep a value for later attempts of this job; it is stored when this returns.

        Checkpoints survive failures, crashes and `retry`, and are deleted with the job.

        Args:
            data: JSON, at most 64 kB.
            key: at most 200 characters; the same key is written over. At most 10,000 keys, and
                64 MiB in all of them.

        Raises:
            InvalidInput: too large, too many, or not JSON.
            asyncio.CancelledError: the job has passed to another worker; nothing was written.
        """
        ...

    async def resume(self, key: str = "") -> Any | None:
        """What was last kept under this key by any attempt; None if nothing."""
        ...

    async def checkpoints(self) -> dict[str, Any]:
        """Everything that attempts of this job have kept, by key."""
        ...

    async def remember(self, key: str, data: Any) -> None:
        """Keep a value for later jobs of the same type, for instance what a scan found.

        Args:
            key: at most 200 characters; the same key is written over.
            data: JSON, at most 64 kB. Kept as long as finished jobs are.

        Raises:
            InvalidInput: too large, or not JSON.
            asyncio.CancelledError: the job has passed to another worker; nothing was written.
        """
        ...

    async def recall(self, key: str) -> Any | None:
        """What a job of this type last remembered under this key; None if nothing."""
        ...

    def artifact(self, name: str, media_type: str) -> AbstractAsyncContextManager[ArtifactWriter]:
        """Write a file that clients can download; it appears when the block ends without error.

        A name that was used before, also by an earlier attempt, is replaced.

        Args:
            name: letters, digits, dot, dash, underscore; at most 100.
            media_type: such as `text/csv`.

        Raises:
            InvalidInput: a name that is not allowed, or more than 50 artifacts.
            asyncio.CancelledError: the job has passed to another worker; nothing was listed.
        """
        ...

    async def publish(self, path: Path, name: str, media_type: str) -> ArtifactRecord:
        """Make an artifact of a file in `workdir()`, which is moved away.

        Raises:
            ValueError: no file in the folder.
            InvalidInput: a name that is not allowed, too large, or more than 50 artifacts.
            asyncio.CancelledError: the job has passed to another worker; nothing was listed.
        """
        ...

    def workdir(self) -> Path:
        """A folder of this attempt alone, for instance for the sandbox to write to.

        It is removed with all that is in it when the attempt ends.
        """
        ...

    async def open_upload(self, upload_id: UUID) -> StoredFile:
        """A file that a client uploaded.

        Raises:
            InvalidInput: there is none, or its time is over.
        """
        ...

    async def open_artifact(self, job_id: UUID, name: str) -> StoredFile:
        """A file that a job has produced.

        Raises:
            InvalidInput: there is none.
        """
        ...

    async def result_of(self, job_id: UUID) -> dict[str, Any] | None:
        """Another job as `GET /jobs/{id}` shows it, without logs and events; None if unknown."""
        ...

    async def sandbox(
        self,
        function: Callable[..., Any] | str,
        *args: Any,
        limits: SandboxLimits | None = None,
    ) -> Any:
        """Run a function of an importable module in a child process with limits.

        The child is killed when the job is cancelled, times out or its worker dies.

        Args:
            function: `def function(report, *args)`, at the top of a module; JSON values in and out.
                Or its name, `package.module:function`, so that the worker need not load what only
                the child uses.
            args: its arguments: JSON values or msgspec structs (which arrive as plain values).
            limits: memory and time.

        Raises:
            JobError: what the function raised of that family, with the same class and message.
            JobTimeout: a time limit was passed.
            SandboxDied: the child was killed or crashed, for instance by its memory limit.
        """
        ...

    async def companion(
        self,
        function: Callable[..., Any] | str,
        request: Any,
        *,
        key: str,
        on_part: Callable[[Any], Awaitable[None] | None] | None = None,
        limits: CompanionLimits | None = None,
    ) -> Any:
        """Ask a function in a child process that stays alive between jobs.

        It is for what is dear to load. A worker has one process for each function and key, which
        starts at the first request, serves one at a time, and ends when it has been idle. What the
        function keeps at the top of its module is still there at the next request. A request whose
        job is cancelled or out of time is halted; a process that does not obey is killed, and so
        is one that crashes: the next request starts another.

        Args:
            function: `def function(request, say)`, at the top of a module, or its name
                `package.module:function`; JSON in and out. `say` is a `Say`.
            request: JSON values or msgspec structs (which arrive as plain values).
            key: tells processes of the same function apart, such as the name of a model; at most
                eight in a worker stay alive together.
            on_part: called with each part that the function says, in order.
            limits: memory and time; what of it belongs to the process is set by the request that
                starts it.

        Raises:
            JobError: what the function raised of that family, with the same class and message.
            JobTimeout: the request took longer than its limit.
            SandboxDied: the process was killed or crashed, for instance by its memory limit.
        """
        ...
