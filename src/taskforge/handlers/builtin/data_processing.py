"""Profile, aggregate or filter a table with DuckDB, in a child process with limits."""

import os
from typing import Any

from taskforge.core.sandbox import SandboxLimits
from taskforge.handlers.base import Context, job_type
from taskforge.handlers.data.payload import (
    DataJob,
    DataPayload,
    Source,
    dataset_name,
    operation_of,
)

WORK = "taskforge.handlers.data.work:process"
LIMITS = SandboxLimits(memory_mb=768, seconds=86_400, cpu_seconds=86_400)
"""Memory to profile 5,000,000 rows, most of them spilled; they take 460 MiB of real memory. Time is
bounded by the attempt's own limit, which may be as long as this."""

EXAMPLES: list[dict[str, Any]] = [
    {"dataset": "sales_q1", "operation": "aggregate", "rows": 50_000},
    {"dataset": "sales_q1", "operation": "profile", "rows": 10_000},
    {
        "dataset": "sales_q1",
        "operation": "aggregate",
        "rows": 100_000,
        "params": {
            "group_by": ["channel"],
            "metrics": [{"fn": "count", "as": "orders"}, {"fn": "p95", "column": "revenue"}],
            "having": [{"column": "orders", "op": "gt", "value": 100}],
            "order_by": [{"column": "orders", "desc": True}],
        },
    },
    {
        "dataset": "sales_q1",
        "operation": "filter",
        "params": {
            "where": [
                {"column": "region", "op": "in", "value": ["Europe", "Asia Pacific"]},
                {"column": "quantity", "op": "ge", "value": 8},
            ]
        },
    },
    {
        "dataset": {"inline": [{"city": "Oslo", "degrees": -3}, {"city": "Rome", "degrees": 11}]},
        "operation": "profile",
    },
]


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


@job_type(
    "data_processing",
    DataPayload,
    title="Data processing",
    examples=EXAMPLES,
    viewer="table",
    summarise=summarise,
)
async def data_processing(ask: DataJob, ctx: Context) -> Any:
    """Profile, aggregate or filter a table.

    The table is a built-in data set, rows given with the job, or a CSV, Parquet or NDJSON file of
    the installation's data folder. The result has the columns' statistics and a preview.
    """
    result = await ctx.sandbox(WORK, ask, _folder(ctx), limits=LIMITS)
    for warning in result["warnings"]:
        ctx.log("warning", warning)
    ctx.log("info", "table processed", rows_in=result["rows_in"], rows_out=result["rows_out"])
    return result


def _folder(ctx: Context) -> str:
    return os.path.abspath(ctx.datasets_dir)  # the child works in another folder
