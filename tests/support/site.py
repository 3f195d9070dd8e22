"""An installation on three hosts: servers and nginx on one, every role on each of the others."""

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

from chaos.harness import Chaos, Ground, open_chaos
from support.hosts import FarServers, Host, hosts
from support.nginx import Nginx, nginx
from support.waiting import eventually

UNITS = 2
THREADS = 4
API_PORT, METRICS_PORT = 8000, 9191
SETTINGS = {"RATE_LIMIT_REQUESTS": "1000000", "TRUSTED_PROXY_HOPS": "1", "LOG_FORMAT": "json"}
START_SECONDS = 90
STOP_SECONDS = 40
LEADS = re.compile(r"^taskforge_scheduler_leader 1\.0$", re.MULTILINE)


class Node:
    """An API process, a scheduler and units on a host.

    Args:
        host: where they run.
        environment: all of it.
        folder: for their logs.
    """

    def __init__(self, host: Host, environment: Mapping[str, str], folder: Path) -> None:
        self.host = host
        self._folder = folder
        self._environment = {**environment, "METRICS_HOST": host.address}
        self._children: list[subprocess.Popen[bytes]] = []
        self.units: list[int] = []
        """Their process ids."""

    @property
    def api(self) -> str:
        """Where its API process listens."""
        return f"{self.host.address}:{API_PORT}"

    @contextmanager
    def at_work(self):
        """Run them; on the way out they must all still be there, and end cleanly."""
        with ExitStack() as ends:
            self._start(ends, "api", "--host", self.host.address, "--port", str(API_PORT))
            self._start(ends, "scheduler", metrics=METRICS_PORT)
            for _ in range(UNITS):
                self.units.append(self._start(ends, "worker", "--threads", str(THREADS)))
            yield
            assert [it.poll() for it in self._children] == [None] * len(self._children)
            for it in self._children:
                it.send_signal(signal.SIGTERM)
            codes = [it.wait(STOP_SECONDS) for it in self._children]
            assert codes == [0] * len(codes), self.said()

    def is_ready(self) -> bool:
        """Whether its API process says so to its own host."""
        return self.host.get(API_PORT, "/health/ready")[0] == 200

    def leads(self) -> bool:
        """Whether its scheduler tells how the installation stands."""
        return LEADS.search(self.host.get(METRICS_PORT, "/metrics")[1]) is not None

    def said(self, what: str = "") -> list[str]:
        """Lines of its logs with this in them."""
        lines = [line for file in self._folder.iterdir() for line in file.read_text().splitlines()]
        return [line for line in lines if what in line]

    def _start(self, ends: ExitStack, role: str, *options: str, metrics: int = 0) -> int:
        log = ends.enter_context((self._folder / f"{role}-{len(self._children)}.log").open("wb"))
        child = subprocess.Popen(  # noqa: S603 - our own interpreter
            [*self.host.command, sys.executable, "-m", "taskforge", role, *options],
            env={**self._environment, "METRICS_PORT": str(metrics)},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        ends.callback(child.wait)
        ends.callback(child.kill)
        self._children.append(child)
        return child.pid


class Site(NamedTuple):
    """The whole of it, and what was done to it."""

    chaos: Chaos
    proxy: Nginx
    nodes: list[Node]

    async def units_of(self, node: Node) -> list[object]:
        """Ids of its units that are online."""
        rows = await self.chaos.arena.db.fetch(
            "SELECT id FROM workers WHERE pid = ANY($1) AND status = 'online'", node.units
        )
        return [row["id"] for row in rows]

    def other(self, node: Node) -> Node:
        return next(it for it in self.nodes if it is not node)

    async def all_there(self) -> bool:
        ready = [await asyncio.to_thread(it.is_ready) for it in self.nodes]
        units = [len(await self.units_of(it)) for it in self.nodes]
        return all(ready) and units == [UNITS] * len(units)

    async def leaders(self) -> list[Node]:
        return [it for it in self.nodes if await asyncio.to_thread(it.leads)]


@asynccontextmanager
async def open_site(folder: Path) -> AsyncGenerator[Site]:
    """All of it at work, with an empty database; nothing of it is left in the end."""
    with hosts(3) as (first, *others):
        servers = FarServers(folder / "servers", first)
        ground = Ground(servers, servers)
        await ground.start()
        try:
            (data := folder / "data").mkdir()
            async with open_chaos(ground, data, **SETTINGS) as chaos:
                environment = chaos.arena.environ | servers.far_addresses()
                nodes = [Node(it, environment, _made(folder / it.address)) for it in others]
                (web := folder / "nginx").mkdir()
                behind = [node.api for node in nodes]
                with ExitStack() as work:
                    for node in nodes:
                        work.enter_context(node.at_work())
                    async with nginx(
                        web, behind, host=first.address, within=first.command
                    ) as proxy:
                        site = Site(chaos, proxy, nodes)
                        await eventually(site.all_there, within=START_SECONDS, every=0.2)
                        yield site
        finally:
            await ground.stop()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
