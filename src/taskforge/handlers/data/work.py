"""What the child process does for a `data_processing` job: load, transform, summarise."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from taskforge.handlers.base import Report
from taskforge.handlers.data.aggregate import aggregate
from taskforge.handlers.data.engine import memory_faults, open_engine
from taskforge.handlers.data.filter import keep_matching
from taskforge.handlers.data.operation import Operation, Outcome
from taskforge.handlers.data.payload import DataPayload, dataset_name, operation_of
from taskforge.handlers.data.profile import profile
from taskforge.handlers.data.result import Result, Stats, fit, preview_of
from taskforge.handlers.data.sources import LOAD_PERCENT, find_file, load
from taskforge.handlers.data.summary import ColumnSummary, non_finite, summarise_column

OPERATIONS: Mapping[str, Operation] = {
    "profile": profile,
    "aggregate": aggregate,
    "filter": keep_matching,
}
TRANSFORMED_PERCENT = 75.0


def process(report: Report, payload: Any, datasets_dir: str) -> dict[str, Any]:
    """Run one job.

    Args:
        report: told the stages load (exact by 50,000 rows), transform and summarise.
        payload: a `DataPayload` as plain values.
        datasets_dir: absolute path of the folder with the installation's data files.

    Raises:
        InvalidInput: no such file or column, or values that do not fit.
        MemoryError: the engine's limit, spilling included, is used up.
    """
    began = time.monotonic()
    job = msgspec.convert(payload, DataPayload)
    file = find_file(job, Path(datasets_dir))
    with memory_faults():
        table, warnings = load(open_engine(file), job, file, report)
        rows_in = table.count()
        report(percent=LOAD_PERCENT, stage="transform")
        outcome = OPERATIONS[operation_of(job)](table, job.params, report)
        report(percent=TRANSFORMED_PERCENT, stage="summarise")
        rows_out = outcome.table.count()
        columns, doubts = _describe(outcome, rows_out, report)
        preview = preview_of(outcome, job.output.preview_rows)
    elapsed = time.monotonic() - began
    stats = Stats(
        elapsed_ms=round(elapsed * 1000),
        rows_per_second=round(rows_in / elapsed),
        peak_memory_mb=_peak_memory_mb(),
    )
    result = Result(
        operation=operation_of(job),
        dataset=dataset_name(job.dataset),
        rows_in=rows_in,
        rows_out=rows_out,
        columns=columns,
        preview=preview,
        warnings=[*warnings, *outcome.warnings, *doubts],
        stats=stats,
    )
    return fit(result, outcome.facts)


def _describe(outcome: Outcome, rows: int, report: Report) -> tuple[list[ColumnSummary], list[str]]:
    described: list[ColumnSummary] = []
    doubts: list[str] = []
    for done, column in enumerate(outcome.columns, start=1):
        described.append(summarise_column(outcome.table, column, rows, full=outcome.full))
        odd = non_finite(outcome.table, column)
        if odd:
            doubts.append(f"Statistics of {column.name!r} leave out what is not finite: {odd:,}.")
        share = done / len(outcome.columns)
        percent = TRANSFORMED_PERCENT + (100 - TRANSFORMED_PERCENT) * share
        report(percent=percent, current=done, total=len(outcome.columns), stage="summarise")
    return described, doubts


def _peak_memory_mb() -> float | None:
    # Not getrusage: its figure survives exec, and would tell the size of our parent.
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    return None
