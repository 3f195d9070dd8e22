"""Prometheus metrics of this process, a module for each thing that is counted.

Names begin with `taskforge_` and use base units. Labels have small closed sets of values: never an
id, a user or an address. `ops/metrics.md` lists them all; a rule test compares.

With several processes behind one address (`taskforge api --workers`), values live in files of
PROMETHEUS_MULTIPROC_DIR, which their parent makes before it starts them. They are named by the
process's place, not by its pid: one that takes a dead one's place counts on where that one ended.
"""

import multiprocessing
import os
from typing import Any, Final

from prometheus_client import disable_created_metrics, values

MULTIPROC_DIR: Final = "PROMETHEUS_MULTIPROC_DIR"


def _place() -> str:
    return multiprocessing.current_process().name


if MULTIPROC_DIR in os.environ:  # before the first metric is made
    found: Any = values
    found.ValueClass = found.MultiProcessValue(process_identifier=_place)
disable_created_metrics()  # a second series for each one, which nobody asks for
