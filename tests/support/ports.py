"""Ports that nobody has."""

import socket


def free_port() -> int:
    """One that was free a moment ago, on 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
