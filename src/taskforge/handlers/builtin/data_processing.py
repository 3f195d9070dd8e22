"""Work with a table in DuckDB, in a child process with limits."""

import os
from typing import Any

from taskforge.core.files import StoredFile
from taskforge.core.job import Estimate
from taskforge.core.sandbox import SandboxLimits
from taskforge.handlers.base import Context, job_type
from taskforge.handlers.data.dataset import OutputFormat, Places, Source, dataset_name
from taskforge.handlers.data.examples import EXAMPLES
from taskforge.handlers.data.given import bring
from taskforge.handlers.data.payload import DataJob, DataPayload, Export, operation_of

CHILDREN = 4
"""At once in one worker process: each has a core and up to 768 MiB to itself."""
WORK = "taskforge.handlers.data.work:process"
LIMITS = SandboxLimits(memory_mb=768, seconds=86_400, cpu_seconds=86_400)
"""Memory to profile 5,000,000 rows, most of them spilled; they take 460 MiB of real memory. Time is
bounded by the attempt's own limit, which may be as long as this."""

MEDIA_TYPES = {
    OutputFormat.CSV: "text/csv",
    OutputFormat.JSON: "application/json",
    OutputFormat.NDJSON: "application/x-ndjson",
    OutputFormat.PARQUET: "application/vnd.apache.parquet",
}


def summarise(ask: DataJob) -> str:
    """One line, such as `aggregate of sales_q1, 50,000 rows`."""
    name = dataset_name(ask.dataset)
    name = name if len(name) <= 60 else f"…{name[-59:]}"
    rows = f"{ask.rows:,} rows"
    if isinstance(ask.dataset, Source):
        inline = ask.dataset.inline
        given = min(len(inline), ask.rows) if isinstance(inline, list) else None
        rows = f"at most {rows}" if given is None else f"{given:,} rows"
    return f"{operation_of(ask)} of {name}, {rows}"


def estimate(ask: DataJob) -> Estimate:
    """Generating and describing 250,000 rows takes about a second of one core."""
    return Estimate(seconds=round(0.5 + ask.rows / 250_000, 1), note="on one core")


@job_type(
    "data_processing",
    DataPayload,
    title="Data processing",
    examples=EXAMPLES,
    viewer="table",
    icon="table-2",
    concurrency=CHILDREN,
    summarise=summarise,
    estimate=estimate,
)
async def data_processing(ask: DataJob, ctx: Context) -> Any:
    """Profile, clean, query or export a table.

    The table is a built-in data set, rows given with the job, an uploaded file, a file at a public
    address, or one of the installation's data folder. The result has the columns' statistics, a
    preview, and series for charts; all rows can be written to a CSV, JSON, NDJSON or Parquet file.
    """
    given = await bring(ask.dataset, ctx)
    file_format = ask.output.format or (OutputFormat.CSV if isinstance(ask, Export) else None)
    result = await ctx.sandbox(WORK, ask, _places(ctx, given, file_format), limits=LIMITS)
    for warning in result["warnings"]:
        ctx.log("warning", warning)
    if file_format is not None:
        result["artifact"] = await _publish(ctx, file_format)
    ctx.log("info", "table processed", rows_in=result["rows_in"], rows_out=result["rows_out"])
    return result


def _places(ctx: Context, given: StoredFile | None, file_format: OutputFormat | None) -> Places:
    return Places(
        datasets_dir=os.path.abspath(ctx.datasets_dir),  # the child works in another folder
        given=str(given.path) if given else None,
        given_name=given.name if given else "",
        given_format=given.media_type if given else "",
        output=str(ctx.workdir() / _name(file_format)) if file_format else None,
    )


async def _publish(ctx: Context, file_format: OutputFormat) -> dict[str, Any]:
    name = _name(file_format)
    kept = await ctx.publish(ctx.workdir() / name, name, MEDIA_TYPES[file_format])
    return {
        "name": kept.name,
        "media_type": kept.media_type,
        "size_bytes": kept.size_bytes,
        "sha256": kept.sha256,
    }


def _name(file_format: OutputFormat) -> str:
    return f"result.{file_format}"
