"""The embedded Valkey: on a Unix socket only, with an append-only file."""

import asyncio
import signal
from pathlib import Path

from taskforge.local.process import Server
from taskforge.local.wheels import valkey_program

DATABASES = 64
"""More than one for each worker of a parallel test run."""


class Valkey(Server):
    """One Valkey server.

    Args:
        data_dir: its data lives in the folder `valkey`.
        sockets: a short path to `data_dir`, from `socket_root`.
        throwaway: keep nothing on disk.
    """

    name = "Valkey"
    program = "valkey-server"
    signals = (signal.SIGTERM,)

    def __init__(self, data_dir: Path, sockets: Path, *, throwaway: bool = False) -> None:
        super().__init__(data_dir / "valkey", data_dir / "logs" / "valkey.log")
        self._socket = sockets / "valkey" / "valkey.sock"
        self._appendonly = "no" if throwaway else "yes"

    def url(self, database: int) -> str:
        """The address of a logical database, 0 to DATABASES - 1."""
        return f"unix://{self._socket}?db={database}"

    def argv(self) -> list[str]:
        """`valkey-server` in the foreground; its working directory is where it keeps its data."""
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "appendonly": self._appendonly,
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",  # a lost key would be a lost hint
            "databases": str(DATABASES),
            "daemonize": "no",
        }
        return [
            str(valkey_program()),
            *(part for k, v in options.items() for part in (f"--{k}", v)),
        ]

    async def prepare(self) -> None:
        """Make the folder."""
        self.home.mkdir(mode=0o700, exist_ok=True)

    async def answers(self) -> bool:
        """Whether it serves; while it still loads its file it says so, and that is a no."""
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket)
        except OSError:
            return False
        writer.write(b"PING\r\n")
        reply = await reader.readline()
        writer.close()
        return reply.startswith(b"+PONG")
