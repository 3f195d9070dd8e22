"""`python -m ops.web run check`: npm in `web/`, with a Node that can run its tools."""

import os
import sys

from taskforge.local.dashboard import WEB, install
from taskforge.local.errors import CannotStart
from taskforge.local.node import find_node


def main(words: list[str]) -> None:
    """Install the tools that the lock names, then become npm."""
    try:
        install(WEB)
        node = find_node()
    except CannotStart as error:
        sys.exit(error.detail)
    line = [*node.npm, *words]
    os.chdir(WEB)
    os.execve(line[0], line, node.environment())  # noqa: S606 - no shell between


if __name__ == "__main__":
    main(sys.argv[1:])
