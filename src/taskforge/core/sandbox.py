"""What a child process may use: said by a job type, kept by `outside.child`."""

import msgspec


class SandboxLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a child process may use."""

    memory_mb: int = 512
    """Address space on top of what the interpreter and the function's module map, MiB; Linux."""
    seconds: float = 60.0
    """Wall time; the attempt's own deadline also applies."""
    cpu_seconds: int = 60
    file_mb: int = 1_024
    """The largest file that it may write, MiB; its folder is removed when it ends."""
