"""What can go wrong for a caller: six families, each error with a code and its data.

    TaskForgeError
    ├── Malformed          the request cannot be read              (400)
    ├── Unauthenticated    nobody we know is asking                (401)
    ├── Denied             known, but not permitted                (403)
    ├── NotFound           no such thing                           (404)
    ├── Conflict           the thing is not in a state for that    (409)
    ├── TooLarge           a limit on size                         (413)
    ├── Unsupported        a content type that is not taken        (415)
    ├── OutOfRange         a part that a file does not have        (416)
    ├── Misdirected        meant for another host                  (421)
    ├── Invalid            readable, and not acceptable            (422)
    ├── Limited            too many requests                       (429)
    └── Unavailable        a server behind us is away              (503)

Core knows no HTTP: the numbers are there to help a reader; `api/errors.py` owns them.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Fault(NamedTuple):
    """One thing wrong with an input."""

    pointer: str
    """JSON Pointer (RFC 6901) into the request body; "" is the whole of it."""
    message: str
    parameter: str | None = None
    """The query parameter, when it is not the body."""
    at: int | None = None
    """Characters before the place in the parameter's value; None when it is all of it."""


class TaskForgeError(Exception):
    """The root: an error that a caller can understand and act on.

    Args:
        detail: one sentence for a person: what happened, to which thing, what may be done.
        code: a stable machine word; the class's own by default.
    """

    code = "error"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code


class _WithFaults(TaskForgeError):
    def __init__(
        self, detail: str, *, code: str | None = None, faults: Sequence[Fault] = ()
    ) -> None:
        super().__init__(detail, code=code)
        self.faults = tuple(faults)


class Malformed(_WithFaults):
    """The request is not well-formed."""

    code = "malformed"


class Invalid(_WithFaults):
    """The request is well-formed and not acceptable."""

    code = "invalid"


class Unauthenticated(TaskForgeError):
    """Credentials are missing, wrong or expired."""

    code = "unauthenticated"


class Denied(TaskForgeError):
    """The caller's role or scope does not allow it."""

    code = "denied"


class NotFound(TaskForgeError):
    """No such thing."""

    code = "not_found"


class Conflict(TaskForgeError):
    """The thing is not in a state that allows it."""

    code = "conflict"


class TooLarge(TaskForgeError):
    """More bytes than the limit."""

    code = "too_large"


class Unsupported(TaskForgeError):
    """A content type that is not accepted."""

    code = "unsupported_media_type"


class OutOfRange(TaskForgeError):
    """A part that the file does not have."""

    code = "range_not_satisfiable"

    def __init__(self, detail: str, *, size: int) -> None:
        super().__init__(detail)
        self.size = size
        """Bytes of the whole file."""


class Misdirected(TaskForgeError):
    """The request is for a host that this is not."""

    code = "misdirected"


class _WithPatience(TaskForgeError):
    def __init__(self, detail: str, *, retry_after: float, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after
        """Seconds after which it is worth trying again."""


class Limited(_WithPatience):
    """Too many requests from one principal."""

    code = "rate_limited"

    def __init__(
        self, detail: str, *, retry_after: float, code: str | None = None, policy: str | None = None
    ) -> None:
        super().__init__(detail, retry_after=retry_after, code=code)
        self.policy = policy
        """The rate limit that it was too much for; None when something else has run out."""


class Unavailable(_WithPatience):
    """A server that we need does not answer."""

    code = "unavailable"
