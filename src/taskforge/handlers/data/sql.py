"""The operation `sql`: one SELECT of the user's, in an engine that can do nothing else."""

import duckdb

from taskforge.core.failures import BlockedByPolicy, InvalidInput
from taskforge.handlers.base import Report
from taskforge.handlers.data.engine import MEMORY_LIMIT, input_faults, refused
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.params import SqlParams
from taskforge.handlers.data.series import drawn
from taskforge.handlers.data.table import Kind, Table


def run_select(table: Table, params: SqlParams, report: Report) -> Outcome:
    """Write what the query gives to the table `result`.

    Raises:
        InvalidInput: not exactly one SELECT, one that changes data, or one that does not run.
        BlockedByPolicy: one that reaches for files or the network.
    """
    query = _one_select(table.engine, params.query)
    report(stage="transform", message="the query is running")
    try:
        # As a subquery it may not change data either: DuckDB refuses that below the top level. The
        # new line ends a comment that the query may end with.
        result = table.derive("result", f"SELECT * FROM (\n{query}\n) LIMIT {params.limit + 1}")
    except duckdb.OutOfMemoryException as error:
        raise InvalidInput(
            f"The query needs more memory than it may have ({MEMORY_LIMIT}); let it look at fewer"
            " rows or columns, or group earlier."
        ) from error
    except duckdb.PermissionException as error:
        raise BlockedByPolicy(
            "A query reaches the table `data` only: no files, no addresses, no settings."
        ) from error
    except duckdb.IOException:
        raise  # the disk is full, for instance
    except duckdb.Error as error:
        raise refused("The query cannot be run", error) from error
    warnings: list[str] = []
    if result.count() > params.limit:
        result = result.derive("limited", f"SELECT * FROM {result.sql} LIMIT {params.limit}")
        warnings.append(f"The query gives more than {params.limit:,} rows; they are cut (`limit`).")
    first = result.columns[:1]
    across = [column for column in first if column.kind in (Kind.TEXT, Kind.TIME)]
    return Outcome(
        table=result,
        columns=result.columns,
        facts={"query": {"limit": params.limit}},
        warnings=warnings,
        series=drawn(result, across, result.columns[1:]),
    )


def _one_select(engine: duckdb.DuckDBPyConnection, text: str) -> str:
    """The query without its semicolon, judged by the statement that DuckDB makes of it."""
    if "\0" in text:
        raise InvalidInput("The query has a NUL character in it.")
    with input_faults("The query cannot be read"):
        statements = engine.extract_statements(text)
    if len(statements) != 1:
        raise InvalidInput(f"The query must be one SELECT; there are {len(statements)} statements.")
    statement = statements[0]
    if statement.type is not duckdb.StatementType.SELECT:
        kind = statement.type.name.replace("_", " ")
        raise InvalidInput(f"The query must be one SELECT; this is {kind}.")
    if statement.named_parameters:
        raise InvalidInput("The query has parameters; write their values into it.")
    return statement.query.rstrip().removesuffix(";")
