"""Building the dashboard in a checkout: when its sources have changed, and at no other time.

`python -m taskforge.local.dashboard [folder]` builds what is stale. The build takes its place in
one step, so that an API that starts meanwhile finds the old one or the new one, never a half.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from taskforge.local.child import Program, Say, Stopping, run_until_end
from taskforge.local.errors import CannotStart
from taskforge.local.node import Node, find_node

WEB = Path(__file__).resolve().parents[3] / "web"
"""The sources; an installed wheel has none."""
STAMP = ".stamp"
"""In the build: the digest of what it was made of."""
MADE = frozenset({"node_modules", "dist", "dist.new", "schema.ts"})
"""Names below `web/` that are no sources."""
GRACE_SECONDS = 2.0


def digest(web: Path) -> str:
    """A digest of the sources, names and contents; some milliseconds."""
    found = hashlib.sha256()
    for path in _sources(web):
        content = path.read_bytes()
        found.update(f"{path.relative_to(web)}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def _sources(web: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(web):
        folders[:] = sorted(set(folders) - MADE)
        yield from (Path(place, name) for name in sorted(set(names) - MADE))


def is_fresh(web: Path) -> bool:
    """Whether the build is there and made of these sources."""
    stamp = web / "dist" / STAMP
    return stamp.is_file() and stamp.read_text() == digest(web)


def build(web: Path) -> None:
    """Build the dashboard unless it is fresh; several at once take turns.

    Raises:
        CannotStart: no Node, no tools, or the build failed; an older build stays as it was.
    """
    with _alone(web):
        if is_fresh(web):
            return
        node = find_node()
        _install(web, node)
        stamp, fresh, old = digest(web), web / "dist.new", web / "dist"
        words = ("--outDir", fresh.name, "--emptyOutDir", "--logLevel", "warn")
        if _run(node, web, "run", "--silent", "build", "--", *words) != 0:
            raise CannotStart("the dashboard does not build; what Vite said stands above")
        (fresh / STAMP).write_text(stamp)
        shutil.rmtree(old, ignore_errors=True)
        fresh.rename(old)


def install(web: Path) -> None:
    """Install what the lock names into `web/node_modules`, once for each state of the lock.

    Raises:
        CannotStart: no Node, or the packages are not to be had.
    """
    with _alone(web):
        _install(web, find_node())


def _install(web: Path, node: Node) -> None:
    wanted = (web / "package-lock.json").read_text()
    installed = web / "node_modules" / ".installed-lock.json"
    before = installed.read_text() if installed.is_file() else None
    if before == wanted:
        return
    if before is None:  # npm was killed half way: it would take a half-written package for whole
        shutil.rmtree(web / "node_modules", ignore_errors=True)
    installed.unlink(missing_ok=True)
    print("installing the dashboard's tools", flush=True)  # noqa: T201 - a build speaks to people
    # Not `npm ci`: it wants every platform's packages in the lock, and not every registry has them.
    if _run(node, web, "install", "--no-save", "--prefer-offline", "--loglevel=error") != 0:
        if before is not None:  # where npm fails by itself it leaves what was there
            installed.write_text(before)
        raise CannotStart(
            "the dashboard's tools cannot be installed; what npm said stands above. It needs a"
            " registry once, and again when web/package-lock.json changes"
        )
    installed.parent.mkdir(exist_ok=True)  # npm makes no folder for nothing
    installed.write_text(wanted)


def _run(node: Node, web: Path, *words: str) -> int:
    line = [*node.npm, *words]
    return subprocess.run(line, cwd=web, env=node.environment(), check=False).returncode  # noqa: S603 - our own words


@contextmanager
def _alone(web: Path) -> Generator[None]:
    with (web / "package-lock.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


async def build_if_stale(web: Path, env: Mapping[str, str], say: Say, stopping: Stopping) -> None:
    """Build in a checkout, as a program that ends with us; a failure is told, and no more.

    Without a dashboard the API has a plain page at its root, and everything else works.
    """
    if not (web / "package.json").is_file() or is_fresh(web):
        return
    say("web", "building the dashboard")
    program = Program("web", (sys.executable, "-m", "taskforge.local.dashboard", str(web)))
    code = await run_until_end(
        program, env=env, say=say, stopping=stopping, grace_seconds=GRACE_SECONDS
    )
    if code != 0 and not stopping.asked.is_set():
        older = (web / "dist" / "index.html").is_file()
        say("web", f"going on with {'the one built before' if older else 'no dashboard'}")


def main(folders: Sequence[str]) -> int:
    """Build the dashboard of a folder, or of this checkout; the exit code."""
    try:
        build(Path(folders[0]) if folders else WEB)
    except CannotStart as error:
        print(error.detail, file=sys.stderr)  # noqa: T201 - the words for the terminal
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
