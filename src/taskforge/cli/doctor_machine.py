"""What `taskforge doctor` looks for on this machine."""

import os
import platform
import shutil
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from taskforge.api.dashboard import find_built
from taskforge.cli.finding import Finding, advice, fine, missing
from taskforge.config import Settings, find, layers
from taskforge.core.errors import TaskForgeError
from taskforge.local.dashboard import WEB
from taskforge.local.node import find_node
from taskforge.local.wheels import postgres_program, valkey_program
from taskforge.production import DEV_SECRET

LEAST_DISK_BYTES = 1 << 30
"""PostgreSQL's log alone may take twice as much in a bulk load."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OTHERS = stat.S_IRGRP | stat.S_IROTH


async def python(_: Settings) -> Sequence[Finding]:
    """Which Python this is; an older one than we need would not have come so far."""
    return [fine("Python", f"{platform.python_version()}, {sys.executable}")]


async def embedded_servers(_: Settings) -> Sequence[Finding]:
    """Whether the servers of `taskforge up` are here, where they are needed."""
    sources = [layer for layer in layers() if layer[0] != "up.env"]
    given = [name for name in ("DATABASE_URL", "REDIS_URL") if find(name, sources)[0]]
    try:
        found = [program.name for program in (postgres_program("postgres"), valkey_program())]
    except TaskForgeError as error:
        if len(given) == 2:
            return [fine("embedded servers", f"not needed: {' and '.join(given)} are set")]
        return [missing("embedded servers", error.detail, "just setup")]
    return [fine("embedded servers", ", ".join(found))]


async def data_directory(settings: Settings) -> Sequence[Finding]:
    """Whether data can be written, and has room."""
    place = settings.data_dir.resolve()
    nearest = next(path for path in (place, *place.parents) if path.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        detail = f"{nearest} may not be written to"
        return [missing("data directory", detail, "taskforge up --data-dir FOLDER")]
    free = shutil.disk_usage(nearest).free
    detail = f"{place}, {free / 1e9:.1f} GB free"
    if free < LEAST_DISK_BYTES:
        return [missing("data directory", detail, "free some space")]
    return [fine("data directory", detail)]


async def secrets(settings: Settings) -> Sequence[Finding]:
    """Whether secrets are our own, and nobody else's to read."""
    open_files = [
        file
        for file in (Path(".env"), settings.data_dir / "up.env")
        if file.exists() and file.stat().st_mode & OTHERS
    ]
    if open_files:
        names = " ".join(map(str, open_files))
        return [advice("secrets", f"others may read {names}", f"chmod 600 {names}")]
    if DEV_SECRET in (settings.secret_key, settings.jwt_secret_key):
        return [advice("secrets", "those of development, which everybody knows",
                       "just up makes some; or set SECRET_KEY and JWT_SECRET_KEY"
                       " (openssl rand -hex 32)")]  # fmt: skip
    return [fine("secrets", "set, and different from the defaults")]


async def dashboard(_: Settings) -> Sequence[Finding]:
    """Whether the dashboard is built, or can be."""
    built = find_built()
    if built is not None:
        return [fine("dashboard", str(built))]
    if not WEB.is_dir():
        return [advice("dashboard", "not in this installation", "install the released wheel")]
    try:
        node = find_node()
    except TaskForgeError as error:
        return [advice("dashboard", f"not built: {error.detail}", "just setup")]
    return [advice("dashboard", f"not built; {node.node} can", "just up, or just setup")]


async def browser(_: Settings) -> Sequence[Finding]:
    """Whether developers can look at the dashboard through a browser (`just e2e`)."""
    if not WEB.is_dir():
        return []
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        return [advice("browser", "none for `just e2e`", "apt-get install chromium")]
    return [fine("browser", found)]
