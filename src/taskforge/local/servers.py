"""The embedded servers of one data directory, as one thing to start and stop."""

import asyncio
import os
from pathlib import Path

from taskforge.local.errors import CannotStart
from taskforge.local.postgres import Postgres
from taskforge.local.process import Server
from taskforge.local.sockets import socket_root
from taskforge.local.valkey import Valkey

DATABASE = "taskforge"


class Servers:
    """PostgreSQL and Valkey in a data directory; either may be left out.

    Two data directories never disturb each other: all that is shared is the file system. In one
    directory only one instance may be at work; `up` holds a lock for that.

    Args:
        data_dir: made when missing.
        postgres: whether PostgreSQL is wanted.
        valkey: whether Valkey is wanted.
        throwaway: give up durability for speed (tests).

    Raises:
        CannotStart: the directory's address cannot be used, or no account can run PostgreSQL.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        postgres: bool = True,
        valkey: bool = True,
        throwaway: bool = False,
    ) -> None:
        place = make_data_dir(data_dir)
        self._sockets = sockets = socket_root(place)
        self.postgres = Postgres(place, sockets, throwaway=throwaway) if postgres else None
        self.valkey = Valkey(place, sockets, throwaway=throwaway) if valkey else None
        self.members: list[Server] = [one for one in (self.postgres, self.valkey) if one]

    async def start(self, database: str = DATABASE) -> None:
        """Start them and make the database; what a killed run left behind is ended first.

        Raises:
            CannotStart: one of them did not start; the message carries the end of its log.
        """
        await asyncio.gather(*(server.start() for server in self.members))
        if self.postgres is not None:
            await self.postgres.ensure_database(database)

    async def stop(self) -> None:
        """End them; what they hold is on disk afterwards."""
        await asyncio.gather(*(server.stop() for server in self.members))
        if self._sockets.is_symlink():
            self._sockets.unlink(missing_ok=True)

    def addresses(self, database: str = DATABASE) -> dict[str, str]:
        """DATABASE_URL and REDIS_URL, as far as these servers serve them."""
        found: dict[str, str] = {}
        if self.postgres is not None:
            found["DATABASE_URL"] = self.postgres.url(database)
        if self.valkey is not None:
            found["REDIS_URL"] = self.valkey.url(0)
        return found


def make_data_dir(data_dir: Path) -> Path:
    """Make the data directory and what every part of it needs; its full path.

    Raises:
        CannotStart: it cannot be made or written to.
    """
    place = data_dir.resolve()
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:  # PostgreSQL's account passes through to its own folder
            place.chmod(place.stat().st_mode | 0o111)
        (place / "logs").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"the data directory {place} cannot be used: {error.strerror}") from error
    return place
