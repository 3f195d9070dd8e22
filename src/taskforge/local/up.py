"""`taskforge up`: the whole service on one machine, from servers to address, and down again."""

import asyncio
import errno
import os
import shutil
import signal
import socket
import sys
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

import httpx

from taskforge.config import Settings, layers, load
from taskforge.core.demo import DEMO_PASSWORDS
from taskforge.local.child import Program, Stopping, run_until_end
from taskforge.local.console import Console
from taskforge.local.dashboard import WEB, build_if_stale
from taskforge.local.errors import CannotStart
from taskforge.local.place import owned, write_up_env
from taskforge.local.schema import bring_up_to_date
from taskforge.local.servers import Servers, make_data_dir
from taskforge.local.supervisor import OURSELVES, Supervisor

FIRST_PORT = 8000
PORTS_TRIED = 100
GRACE_SECONDS = 5.0
"""On top of the time that a worker may drain."""
_ASK_SECONDS = 0.1
ANOTHER_WORKER = (
    "`taskforge worker` in another terminal starts one, as does the next `taskforge up`"
)
EXAMPLE = '{"dataset":"sales_q1","operation":"aggregate","rows":50000}'

T = TypeVar("T")


class Wishes(NamedTuple):
    """What the command line asked for."""

    host: str
    port: int | None
    """None: the first free one from FIRST_PORT."""
    data_dir: Path
    workers: int
    threads: int | None
    """Jobs at once in each worker unit; None: the setting's."""
    web: bool
    """Whether the dashboard is wanted."""


async def up(wishes: Wishes) -> None:
    """Run until Ctrl-C or SIGTERM; a second one hastens the end.

    Raises:
        CannotStart: something is in the way.
        BadSettings: the settings have faults.
    """
    stopping = Stopping()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopping.ask)
    place = make_data_dir(wishes.data_dir)
    console = Console(sys.stdout, place / "logs")
    try:
        with owned(place):
            await _up(wishes, place, console, stopping)
    finally:
        console.close()


async def _up(wishes: Wishes, place: Path, console: Console, stopping: Stopping) -> None:
    given = _given()
    servers = Servers(place, postgres="DATABASE_URL" not in given, valkey="REDIS_URL" not in given)
    port = _free_port(wishes.host, wishes.port)
    address = f"http://{_reachable(wishes.host)}:{port}"
    env = _environment(wishes, place)
    building = asyncio.create_task(_build(wishes, env, console, stopping))
    try:
        for server in servers.members:
            console.say(OURSELVES, f"starting {server.name}")
        await _unless_stopped(stopping, servers.start())
        write_up_env(place, {**servers.addresses(), "TASKFORGE_URL": address})
        settings = load(env, dotenv=Path(".env"))
        console.say(OURSELVES, "bringing the database up to date")
        await _unless_stopped(stopping, bring_up_to_date(settings))
        await _unless_stopped(stopping, building)
        supervisor = Supervisor(
            env=env,
            say=console.say,
            stopping=stopping,
            grace_seconds=settings.drain_seconds + GRACE_SECONDS,
        )
        async with asyncio.TaskGroup() as tasks:
            seeding = tasks.create_task(_seed(settings, env, console, stopping))
            greeting = tasks.create_task(_greet(address, console, seeding))
            await supervisor.run(_programs(wishes, port), servers.members)
            greeting.cancel()
    except asyncio.CancelledError:
        if not stopping.asked.is_set():
            raise
    finally:
        building.cancel()
        console.say(OURSELVES, "stopping the servers")
        await servers.stop()


async def _build(
    wishes: Wishes, env: Mapping[str, str], console: Console, stopping: Stopping
) -> None:
    if wishes.web:
        await build_if_stale(WEB, env, console.say, stopping)


def _given() -> set[str]:
    """Settings that the user gives; `up.env` is our own word and does not count."""
    return {
        name.removesuffix("_FILE")
        for origin, values in layers()
        if origin != "up.env"
        for name, value in values.items()
        if value
    }


def _environment(wishes: Wishes, place: Path) -> dict[str, str]:
    """The programs' environment: ours, and where to find `up.env`."""
    env = {**os.environ, "DATA_DIR": str(place), "PYTHONUNBUFFERED": "1"}
    if wishes.threads is not None:
        env["WORKER_THREADS"] = str(wishes.threads)
    if sys.stdout.isatty():
        env.setdefault("LOG_FORMAT", "console")
    return env


def _programs(wishes: Wishes, port: int) -> list[Program]:
    command = (sys.executable, "-m", "taskforge")
    listen = ("--host", wishes.host, "--port", str(port))
    bare = () if wishes.web else ("--no-web",)
    return [
        Program("api", (*command, "api", *listen, *bare)),
        Program("scheduler", (*command, "scheduler")),
        *(
            Program(f"worker-{n}", (*command, "worker"), ANOTHER_WORKER)
            for n in range(1, wishes.workers + 1)
        ),
    ]


def _free_port(host: str, wanted: int | None) -> int:
    """A port that we could listen on now.

    Raises:
        CannotStart: the wanted one is taken, or none is free, or the host is not ours.
    """
    for port in [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        problem = _why_not(host, port)
        if problem is None:
            return port
        if problem.errno != errno.EADDRINUSE:
            raise CannotStart(f"cannot listen on {host}:{port}: {problem.strerror}")
    what = f"port {wanted}" if wanted else f"every port from {FIRST_PORT} on"
    raise CannotStart(f"{what} is taken on {host}; name another with --port")


def _why_not(host: str, port: int) -> OSError | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()  # SO_REUSEADDR lets bind pass where another only waits to listen
    except OSError as error:
        return error
    return None


def _reachable(host: str) -> str:
    """How a browser on this machine gets to a listener on `host`."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


async def _unless_stopped(stopping: Stopping, work: Awaitable[T]) -> T:
    """The work's result; a wish to stop cancels it, and us."""
    task = asyncio.ensure_future(work)
    wish = asyncio.create_task(stopping.asked.wait())
    try:
        await asyncio.wait([task, wish], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
        return await task
    finally:
        wish.cancel()


async def _seed(
    settings: Settings, env: Mapping[str, str], console: Console, stopping: Stopping
) -> bool:
    """Make the demo accounts; whether they are there. A process of its own costs us no memory."""
    if settings.environment != "development":
        return False
    program = Program("seed", (sys.executable, "-m", "taskforge", "seed"))
    code = await run_until_end(
        program, env=env, say=console.say, stopping=stopping, grace_seconds=GRACE_SECONDS
    )
    return code == 0


async def _greet(address: str, console: Console, seeding: asyncio.Task[bool]) -> None:
    """Wait until the API is ready and seeded, then say where everything is."""
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        while True:
            if await _is_ready(client, address):
                break
            await asyncio.sleep(_ASK_SECONDS)
    seeded = await asyncio.shield(seeding)  # our own end must not end it
    accounts = ", ".join(f"{role} / {password}" for role, password in DEMO_PASSWORDS.items())
    lines = [
        "",
        f"  TaskForge is ready     {address}",
        f"  API docs               {address}/api/docs",
        *(
            [f"  Demo accounts          {accounts}", f"  Try                    {_example()}"]
            if seeded
            else []
        ),
        "  Stop with              Ctrl-C (twice: at once)",
        "",
    ]
    console.show("\n".join(lines))


def _example() -> str:
    """A first command for another terminal, by a name that works there."""
    beside = Path(sys.executable).with_name("taskforge")
    near = beside.relative_to(Path.cwd()) if beside.is_relative_to(Path.cwd()) else beside
    name = "taskforge" if shutil.which("taskforge") else near
    return f"{name} job submit data_processing --payload '{EXAMPLE}' --watch"


async def _is_ready(client: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(f"{address}/health/ready")).is_success
    except httpx.HTTPError:
        return False
