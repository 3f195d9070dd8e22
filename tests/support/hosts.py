"""Hosts: network namespaces joined by a bridge, of which one can be cut off as by a dead switch.

What is sent to a host that is cut off vanishes, and so does what it sends: no connection is refused
or reset, and its network card sees nothing of it. All of them are of this machine, so files and
Unix sockets are everybody's: the test itself reaches the servers that way, whatever is cut off.
"""

import ctypes
import http.client
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from taskforge.local.postgres import ROLE, Postgres
from taskforge.local.servers import DATABASE, Servers
from taskforge.local.valkey import Valkey

_NEW_NET = 0x40000000
_DISABLED, _FORWARDING = "0", "3"
_libc = ctypes.CDLL(None, use_errno=True)
ResultT = TypeVar("ResultT")


class Host:
    """One of them.

    Args:
        name: of its namespace.
        port: its end of the cable in the bridge.
        address: its own.
    """

    def __init__(self, name: str, port: str, address: str) -> None:
        self._name = name
        self._port = port
        self.address = address
        self.command = ("ip", "netns", "exec", name)
        """Put before a command line, this runs it there."""

    def cut_off(self) -> None:
        """Lose every packet from now on, in both directions."""
        _ip("bridge", "link", "set", "dev", self._port, "state", _DISABLED)

    def join(self) -> None:
        """Be there again."""
        _ip("bridge", "link", "set", "dev", self._port, "state", _FORWARDING)

    def get(self, port: int, path: str) -> tuple[int, str]:
        """Ask a server of this host from this host itself: status and body."""

        def ask() -> tuple[int, str]:
            connection = http.client.HTTPConnection(self.address, port, timeout=10)
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            finally:
                connection.close()

        return self._standing_there(ask)

    def _standing_there(self, action: Callable[[], ResultT]) -> ResultT:
        """Do it in a thread that has this host's network; the thread ends with it."""

        def stand() -> ResultT:
            with Path(f"/run/netns/{self._name}").open() as place:
                if _libc.setns(place.fileno(), _NEW_NET):
                    raise OSError(ctypes.get_errno(), "setns")
            return action()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(stand).result()


def why_not() -> str:
    """Why there can be no hosts here; empty where there can be."""
    if missing := [name for name in ("ip", "bridge") if shutil.which(name) is None]:
        return f"{missing[0]} is missing: install iproute2"
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    allowed = _run("unshare", "--net", "true").returncode == 0
    return "" if allowed else "this kernel, or container, lets us make no networks"


@contextmanager
def hosts(number: int) -> Iterator[list[Host]]:
    """So many hosts on one network with us; with them end all processes that run there."""
    run = secrets.token_hex(3)
    bridge, net = f"tf{run}", f"198.18.{secrets.randbelow(256)}"  # RFC 2544: for tests alone
    with ExitStack() as stack:
        _ip("ip", "link", "add", bridge, "type", "bridge", "stp_state", "0", "forward_delay", "0")
        stack.callback(_ip, "ip", "link", "del", bridge)
        _ip("ip", "address", "add", f"{net}.254/24", "dev", bridge)
        _ip("ip", "link", "set", bridge, "up")
        yield [_plug_in(stack, bridge, f"{net}.{n}", n) for n in range(1, number + 1)]


def _plug_in(stack: ExitStack, bridge: str, address: str, number: int) -> Host:
    name, port = f"{bridge}-{number}", f"{bridge}p{number}"
    _ip("ip", "netns", "add", name)
    stack.callback(_unplug, name)
    _ip("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
    stack.callback(_ip, "ip", "link", "del", port)  # with its other end, and at once
    _ip("ip", "link", "set", port, "master", bridge, "up")
    _ip("ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0")
    for card in ("lo", "eth0"):
        _ip("ip", "-n", name, "link", "set", card, "up")
    return Host(name, port, address)


def _unplug(name: str) -> None:
    left = _ip("ip", "netns", "pids", name).split()
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    _ip("ip", "netns", "del", name)
    assert not left, f"processes were left on {name}: {left}"


def _ip(*words: str) -> str:
    done = _run(*words)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return done.stdout


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603 - ours


class FarServers(Servers):
    """PostgreSQL and Valkey on a host, for all hosts of its network.

    Args:
        folder: for their data.
        host: where they run.
    """

    def __init__(self, folder: Path, host: Host) -> None:
        super().__init__(folder, throwaway=True)
        place = folder.resolve()
        self._host = host
        self.postgres = _FarPostgres(place, self._sockets, host)
        self.valkey = _FarValkey(place, self._sockets, host)
        self.members = [self.postgres, self.valkey]

    def far_addresses(self) -> dict[str, str]:
        """DATABASE_URL and REDIS_URL as other hosts have to say it."""
        return {
            "DATABASE_URL": f"postgresql://{ROLE}@{self._host.address}:5432/{DATABASE}",
            "REDIS_URL": f"redis://{self._host.address}:6379/0",
        }


class _FarPostgres(Postgres):
    def __init__(self, place: Path, sockets: Path, host: Host) -> None:
        super().__init__(place, sockets, throwaway=True)
        self._host = host

    def argv(self) -> list[str]:
        listening = ("-c", f"listen_addresses={self._host.address}")
        return [*self._host.command, *super().argv(), *listening]

    async def prepare(self) -> None:
        await super().prepare()
        with (self.home / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all {ROLE} {self._host.address}/24 trust\n")


class _FarValkey(Valkey):
    def __init__(self, place: Path, sockets: Path, host: Host) -> None:
        super().__init__(place, sockets, throwaway=True)
        self._host = host

    def argv(self) -> list[str]:
        listening = ("--port", "6379", "--bind", self._host.address, "--protected-mode", "no")
        return [*self._host.command, *super().argv(), *listening]
