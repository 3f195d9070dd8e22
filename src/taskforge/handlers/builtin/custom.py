"""A job without a type of its own: whatever fits `data_processing` is run as that."""

from typing import Any

from taskforge.handlers.base import Context, job_type
from taskforge.handlers.builtin.data_processing import (
    CHILDREN,
    EXAMPLES,
    data_processing,
    estimate,
    summarise,
)
from taskforge.handlers.data.payload import DataJob, DataPayload


@job_type(
    "custom",
    DataPayload,
    title="Custom",
    examples=EXAMPLES[:1],
    viewer="table",
    icon="puzzle",
    concurrency=CHILDREN,
    summarise=summarise,
    estimate=estimate,
)
async def custom(ask: DataJob, ctx: Context) -> Any:
    """Run a payload of no declared type as `data_processing`.

    A payload that does not fit is refused at submission, with what it lacks. For work of your own,
    declare a job type: one file with a payload struct, an async function and a decorator.
    """
    return await data_processing(ask, ctx)
