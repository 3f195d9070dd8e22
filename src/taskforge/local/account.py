"""The account that PostgreSQL runs under: it refuses root, so root lends it another one."""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

from taskforge.local.errors import CannotStart

ACCOUNT = "pgserver"
"""Made when it is missing; the name that the wheel's own launcher uses too."""
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2


def server_account(home: Path) -> pwd.struct_passwd | None:
    """The account for the data directory `home`, which need not exist; None: our own will do.

    Raises:
        CannotStart: we are root and cannot become or make another account.
    """
    if os.geteuid() != 0:
        return None
    if sys.platform != "linux" or shutil.which("setpriv") is None:
        raise CannotStart("PostgreSQL refuses to run as root: start as an ordinary user")
    if home.exists() and home.stat().st_uid != 0:
        return pwd.getpwuid(home.stat().st_uid)  # made by its owner; stay with that
    return _find(ACCOUNT) or _make(ACCOUNT)


def lent(account: pwd.struct_passwd | None, argv: list[str], *paths: Path) -> list[str]:
    """The command that runs `argv` as `account`.

    Root may stand in directories that nobody else may pass, such as its home. Opening those to all
    would be the wrong price for a database, so the process keeps the one right to pass them.

    Args:
        account: from `server_account`.
        argv: program and arguments.
        paths: what the process has to reach.
    """
    if account is None:
        return argv
    ids = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    rights: list[str] = []
    if not all(_open_to_all(path) for path in paths):
        right = _passing_right()
        rights = [f"--inh-caps=+{right}", f"--ambient-caps=+{right}"]
    return ["setpriv", *ids, *rights, "--pdeathsig=INT", *argv]


def _open_to_all(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def _passing_right() -> str:
    """The smallest capability that we hold and that lets a process through closed directories."""
    status = Path("/proc/self/status").read_text()
    held = int(next(line for line in status.splitlines() if line.startswith("CapPrm:"))[7:], 16)
    for bit, name in (
        (_CAP_DAC_READ_SEARCH, "dac_read_search"),
        (_CAP_DAC_OVERRIDE, "dac_override"),
    ):
        if held >> bit & 1:
            return name
    raise CannotStart(
        "PostgreSQL cannot reach its files: move the checkout and the data directory to a place "
        "that every account may pass, or start as an ordinary user"
    )


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make(name: str) -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    try:
        made = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
        said = made.stderr.strip()
    except FileNotFoundError:
        said = "useradd is not installed"
    account = _find(name)  # another start may have made it at the same moment
    if account is None:
        raise CannotStart(
            f"PostgreSQL refuses to run as root, and the account {name!r} could not be made "
            f"({said}): start as an ordinary user"
        )
    return account
