"""How long a server may be out of reach before a connection to it is given up.

A host that loses its power or its network says no goodbye: what it was connected to stays half
open. Nothing then fails, and everything waits: a request until the kernel has sent it again for a
quarter of an hour, a listener and a forgotten lock for two hours. So the kernel is told to ask, and
to give up, in seconds. A server that is only slow answers the kernel's questions and is waited for.
"""

import socket
from typing import Final

ASK_SECONDS: Final = 10
"""A connection that was silent for so long is asked whether it is still there."""
AGAIN_SECONDS: Final = 3
TIMES: Final = 3
GIVE_UP_SECONDS: Final = 10
"""What was sent has to be acknowledged in this time: well below a lease, above a passing fault."""

_OPTIONS: Final = {
    "TCP_KEEPIDLE": ASK_SECONDS,
    "TCP_KEEPINTVL": AGAIN_SECONDS,
    "TCP_KEEPCNT": TIMES,
    "TCP_USER_TIMEOUT": GIVE_UP_SECONDS * 1_000,
}


def tcp_options() -> dict[int, int]:
    """Values for `setsockopt` at the level IPPROTO_TCP, as far as this system knows them.

    They take effect with SO_KEEPALIVE (tcp(7)).
    """
    return {
        number: value
        for name, value in _OPTIONS.items()
        if (number := getattr(socket, name, None)) is not None
    }
