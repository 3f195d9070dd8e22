"""`python -m support.role worker|scheduler`: a role of the system, with options for the tests."""

import argparse
import sys

from taskforge.config import load
from taskforge.core.priority import QUEUES
from taskforge.scheduler import main as scheduler
from taskforge.worker import main as worker


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["worker", "scheduler"])
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--queues", default=",".join(QUEUES))
    asked = parser.parse_args()
    if asked.role == "scheduler":
        return scheduler.run(load())
    return worker.run(load(), queues=asked.queues.split(","), threads=asked.threads)


if __name__ == "__main__":
    sys.exit(main())
