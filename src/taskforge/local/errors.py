"""Why the embedded stack cannot run."""

from taskforge.core.errors import TaskForgeError


class CannotStart(TaskForgeError):
    """Something on this machine is in the way; the message says what, and what may be done."""

    code = "cannot_start"
