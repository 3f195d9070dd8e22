"""`just boards`: write the boards' JSON."""

from pathlib import Path

from ops.grafana.job_types import JOB_TYPES
from ops.grafana.overview import OVERVIEW

FOLDER = Path(__file__).parent / "boards"
BOARDS = {"overview.json": OVERVIEW, "job-types.json": JOB_TYPES}

if __name__ == "__main__":
    for name, board in BOARDS.items():
        (FOLDER / name).write_text(board.to_json())
