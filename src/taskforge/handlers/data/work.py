"""What the child process does for a `data_processing` job: load, transform, summarise, write."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from taskforge.handlers.base import Report
from taskforge.handlers.data.aggregate import aggregate
from taskforge.handlers.data.clean import clean
from taskforge.handlers.data.correlate import correlate
from taskforge.handlers.data.dataset import OutputFormat, Places, dataset_name
from taskforge.handlers.data.deduplicate import deduplicate
from taskforge.handlers.data.engine import memory_faults, open_engine
from taskforge.handlers.data.export import export
from taskforge.handlers.data.filter import keep_matching
from taskforge.handlers.data.operation import Operation, Outcome
from taskforge.handlers.data.outliers import outliers
from taskforge.handlers.data.payload import DataPayload, operation_of
from taskforge.handlers.data.pivot import pivot
from taskforge.handlers.data.profile import profile
from taskforge.handlers.data.result import Result, Stats, fit, preview_of
from taskforge.handlers.data.sample import sample
from taskforge.handlers.data.sources import LOAD_PERCENT, find_file, given_file, load
from taskforge.handlers.data.sql import run_select
from taskforge.handlers.data.summary import ColumnSummary, non_finite, summarise_column
from taskforge.handlers.data.timeseries import timeseries
from taskforge.handlers.data.validate import validate
from taskforge.handlers.data.write import write

OPERATIONS: Mapping[str, Operation] = {
    "profile": profile,
    "clean": clean,
    "aggregate": aggregate,
    "filter": keep_matching,
    "deduplicate": deduplicate,
    "outliers": outliers,
    "timeseries": timeseries,
    "correlate": correlate,
    "pivot": pivot,
    "sample": sample,
    "validate": validate,
    "sql": run_select,
    "export": export,
}
TRANSFORMED_PERCENT = 75.0
DESCRIBED_PERCENT = 90.0
"""Of a job that writes a file."""


def process(report: Report, payload: Any, whereabouts: Any) -> dict[str, Any]:
    """Run one job.

    Args:
        report: told the stages load (exact by 50,000 rows), transform, summarise and write.
        payload: a `DataPayload` as plain values.
        whereabouts: `Places` as plain values; with an `output`, the result is written there.

    Raises:
        InvalidInput: no such file or column, or values that do not fit.
        MemoryError: the engine's limit, spilling included, is used up.
    """
    began = time.monotonic()
    job = msgspec.convert(payload, DataPayload)
    places = msgspec.convert(whereabouts, Places)
    read, written = find_file(job, places), Path(places.output) if places.output else None
    with memory_faults():
        engine = open_engine(*filter(None, (read, written)))
        table, warnings = load(engine, job, given_file(read, places), report)
        rows_in = table.count()
        report(percent=LOAD_PERCENT, stage="transform")
        outcome = OPERATIONS[operation_of(job)](table, job.params, report)
        rows_out = outcome.table.count()
        ends_at = DESCRIBED_PERCENT if written else 100.0
        report(percent=TRANSFORMED_PERCENT, stage="summarise")
        columns, doubts = _describe(outcome, rows_out, ends_at, report)
        preview = preview_of(outcome, job.output.preview_rows)
        if written:
            report(percent=ends_at, stage="write")
            write(outcome, written, job.output.format or OutputFormat.CSV)
            report(percent=100, current=rows_out, total=rows_out, stage="write")
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
        series=outcome.series,
        warnings=[*warnings, *outcome.warnings, *doubts],
        stats=stats,
    )
    return fit(result, outcome.facts)


def _describe(
    outcome: Outcome, rows: int, ends_at: float, report: Report
) -> tuple[list[ColumnSummary], list[str]]:
    described: list[ColumnSummary] = []
    doubts: list[str] = []
    for done, column in enumerate(outcome.columns, start=1):
        described.append(summarise_column(outcome.table, column, rows, full=outcome.full))
        odd = non_finite(outcome.table, column)
        if odd:
            doubts.append(f"Statistics of {column.name!r} leave out what is not finite: {odd:,}.")
        share = done / len(outcome.columns)
        percent = TRANSFORMED_PERCENT + (ends_at - TRANSFORMED_PERCENT) * share
        report(percent=percent, current=done, total=len(outcome.columns), stage="summarise")
    return described, doubts


def _peak_memory_mb() -> float | None:
    # Not getrusage: its figure survives exec, and would tell the size of our parent.
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    return None
