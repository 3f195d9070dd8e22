"""What a `data_processing` job asks for: one struct per operation, told apart by `operation`."""

from typing import Annotated, Any

from msgspec import Meta

from taskforge.handlers.base import Payload
from taskforge.handlers.data.dataset import Dataset, Output
from taskforge.handlers.data.params import (
    AggregateParams,
    CleanParams,
    CorrelateParams,
    DeduplicateParams,
    ExportParams,
    FilterParams,
    OutliersParams,
    PivotParams,
    ProfileParams,
    SampleParams,
    SqlParams,
    TimeseriesParams,
    ValidateParams,
)

MAX_GENERATED_ROWS = 5_000_000


class DataJob(Payload, frozen=True, tag_field="operation"):
    """What all operations share."""

    dataset: Annotated[
        Dataset, Meta(description="A built-in data set by name, or a table of your own.")
    ]
    rows: Annotated[
        int,
        Meta(
            ge=1,
            le=MAX_GENERATED_ROWS,
            description="How many to generate; of other sources, how many to read at most.",
        ),
    ] = 10_000
    seed: Annotated[
        int, Meta(ge=0, le=2**32 - 1, description="The same seed makes the same generated rows.")
    ] = 42
    output: Output = Output()


class Profile(DataJob, frozen=True, tag="profile"):
    """Describe every column: types, nulls, distinct values, quartiles, histogram."""

    params: ProfileParams = ProfileParams()


class Clean(DataJob, frozen=True, tag="clean"):
    """Trim texts, read columns as what they are, fill or drop nulls, rename."""

    params: CleanParams = CleanParams()


class Aggregate(DataJob, frozen=True, tag="aggregate"):
    """Group rows and work out figures for each group."""

    params: AggregateParams = AggregateParams()


class Filter(DataJob, frozen=True, tag="filter"):
    """Keep the rows that fit."""

    params: FilterParams = FilterParams()


class Deduplicate(DataJob, frozen=True, tag="deduplicate"):
    """Keep one of the rows that are the same."""

    params: DeduplicateParams = DeduplicateParams()


class Outliers(DataJob, frozen=True, tag="outliers"):
    """Find the values that are far from the others."""

    params: OutliersParams = OutliersParams()


class Timeseries(DataJob, frozen=True, tag="timeseries"):
    """Work out a figure for each hour, day, month, with gaps filled."""

    params: TimeseriesParams = TimeseriesParams()


class Correlate(DataJob, frozen=True, tag="correlate"):
    """Hold columns of numbers against each other."""

    params: CorrelateParams = CorrelateParams()


class Pivot(DataJob, frozen=True, tag="pivot"):
    """Make a cross table: groups down, groups across, a figure in each cell."""

    params: PivotParams = PivotParams()


class Sample(DataJob, frozen=True, tag="sample"):
    """Draw rows at random, the same ones for the same seed."""

    params: SampleParams = SampleParams()


class Validate(DataJob, frozen=True, kw_only=True, tag="validate"):
    """Hold columns to rules, and show the rows that break them."""

    params: ValidateParams


class Sql(DataJob, frozen=True, kw_only=True, tag="sql"):
    """Run one SELECT of your own over the table `data`."""

    params: SqlParams


class Export(DataJob, frozen=True, tag="export"):
    """Write the table to a file."""

    params: ExportParams = ExportParams()


DataPayload = (
    Profile
    | Clean
    | Aggregate
    | Filter
    | Deduplicate
    | Outliers
    | Timeseries
    | Correlate
    | Pivot
    | Sample
    | Validate
    | Sql
    | Export
)


def operation_of(job: DataJob) -> str:
    """The word that a client wrote in `operation`."""
    config: Any = job.__struct_config__
    return str(config.tag)
