"""Copy the database into a file, and fill an empty one from it: `just backup`, `just restore`.

The address is DATABASE_URL's; the tools are those of the embedded server, or the machine's own.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from sqlalchemy import URL, make_url

from taskforge.config import BadSettings, load
from taskforge.core.errors import TaskForgeError
from taskforge.local.wheels import postgres_program

COUNT = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
PRIVATE = 0o077


class Refused(Exception):
    """It was not done, and why."""


def dump(url: URL, file: Path) -> None:
    """Write all that a database holds, as of one moment, while others work on it.

    Args:
        url: of the database.
        file: there is a whole one at the end, or none. Its owner alone may read it: it has what
            jobs were given, and sealed secrets.
    """
    part = file.with_name(f"{file.name}.part")
    old = os.umask(PRIVATE)
    try:
        _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        part.replace(file)
    finally:
        os.umask(old)
        part.unlink(missing_ok=True)


def restore(url: URL, file: Path) -> None:
    """Fill an empty database; afterwards it has all of the file, or nothing.

    Raises:
        Refused: it is not empty, or the file is none.
    """
    if not file.is_file():
        raise Refused(f"there is no file {file}")
    if _run("psql", url, "--no-psqlrc", "--tuples-only", f"--command={COUNT}").strip() != "0":
        raise Refused("the database is not empty: restore into a new one")
    whole = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
    _run("pg_restore", url, *whole, str(file))
    _run("psql", url, "--no-psqlrc", "--command=ANALYZE")  # a dump has no statistics


def _run(program: str, url: URL, *options: str) -> str:
    # Arguments can be read by everybody on this machine, the environment cannot.
    password = url.password or url.normalized_query.get("password", ("",))[0]
    environ = os.environ | ({"PGPASSWORD": password} if password else {})
    target = url.set(password=None).difference_update_query(["password"]).render_as_string()
    done = subprocess.run(
        [_found(program), f"--dbname={target}", *options],
        env=environ,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise Refused(f"{program}: {done.stderr.strip()}")
    return done.stdout


def _found(program: str) -> str:
    try:
        return str(postgres_program(program))
    except TaskForgeError:
        if found := shutil.which(program):
            return found
        raise


def main() -> int:
    """Do what the arguments ask for; 1 when it could not be done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("deed", choices=["dump", "restore"])
    parser.add_argument("file", type=Path)
    asked = parser.parse_args()
    try:
        url = make_url(load().database_url).set(drivername="postgresql")
        (dump if asked.deed == "dump" else restore)(url, asked.file)
    except (BadSettings, Refused, TaskForgeError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - its answer
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
