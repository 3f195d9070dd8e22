"""What a companion may use: a child process that outlives a job, kept by `outside.companion`."""

import msgspec


class CompanionLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a companion may use.

    The first three belong to the process, and are set by the request that starts it.
    """

    memory_mb: int = 1_024
    """Address space on top of what the interpreter and the function's module map, MiB; Linux."""
    file_mb: int = 64
    """The largest file that it may write, MiB; its folder is removed when it ends."""
    idle_seconds: float = 600.0
    """It ends when nobody has asked anything for so long."""
    seconds: float = 600.0
    """Wall time of one request from the moment it is its turn; the attempt's own deadline also
    applies."""
    stop_seconds: float = 0.8
    """How long a request may go on once nobody waits for it any more; then the companion is
    killed, and the next request starts another."""
