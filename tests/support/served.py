"""`python -m support.served PORT FOLDER`: an API process with a dashboard of the test's own."""

import sys
from functools import partial
from pathlib import Path

from taskforge.api.app import create_app
from taskforge.api.process import run_app
from taskforge.config import load


def main() -> int:
    port, dashboard = sys.argv[1:]
    create = partial(create_app, dashboard=Path(dashboard))
    return run_app(create, load(), host="127.0.0.1", port=int(port))


if __name__ == "__main__":
    sys.exit(main())
