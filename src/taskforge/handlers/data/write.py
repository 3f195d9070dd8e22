"""Write all rows of an outcome to a file."""

import re
from collections.abc import Mapping
from pathlib import Path

import duckdb

from taskforge.core.failures import InvalidInput
from taskforge.core.files import MAX_ARTIFACT_BYTES
from taskforge.handlers.data.dataset import OutputFormat
from taskforge.handlers.data.engine import input_faults, literal, quote
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.table import Column, Kind

_OPTIONS: Mapping[OutputFormat, str] = {
    OutputFormat.CSV: "FORMAT csv, HEADER true",
    OutputFormat.JSON: "FORMAT json, ARRAY true",
    OutputFormat.NDJSON: "FORMAT json",
    OutputFormat.PARQUET: "FORMAT parquet, COMPRESSION zstd",
}

FORMULA = r"^[=+\-@\t\r]"
"""A spreadsheet runs a text that begins like this (OWASP, CSV injection)."""


def write(outcome: Outcome, path: Path, file_format: OutputFormat) -> None:
    """Write the shown columns of an outcome.

    Args:
        outcome: with its table.
        path: one that the engine may open; there is no file yet.
        file_format: see OutputFormat.

    Raises:
        InvalidInput: a type that the format does not have, or a file that grows too large.
    """
    columns = ", ".join(
        f"{_written(column, file_format)} AS {quote(_header(column.name, file_format))}"
        for column in outcome.columns
    )
    try:
        with input_faults(f"The result cannot be written as {file_format}"):
            outcome.table.engine.execute(
                f"COPY (SELECT {columns} FROM {outcome.table.sql})"
                f" TO {literal(str(path))} ({_OPTIONS[file_format]})"
            )
    except duckdb.IOException as error:
        if "too large" not in str(error).lower():
            raise
        raise InvalidInput(
            f"The file would be larger than {MAX_ARTIFACT_BYTES >> 20:,} MiB; write fewer rows or"
            " columns, or use parquet."
        ) from error


def _written(column: Column, file_format: OutputFormat) -> str:
    if file_format is OutputFormat.CSV and column.kind in (Kind.TEXT, Kind.OTHER):
        text = f"CAST({column.sql} AS VARCHAR)"
        runs = f"regexp_matches({text}, '{FORMULA}')"
        return f"CASE WHEN {runs} THEN chr(39) || {text} ELSE {text} END"
    if column.is_float and file_format in (OutputFormat.JSON, OutputFormat.NDJSON):
        return f"CASE WHEN isfinite({column.sql}) THEN {column.sql} END"  # JSON has no NaN
    return column.sql


def _header(name: str, file_format: OutputFormat) -> str:
    guarded = file_format is OutputFormat.CSV and re.match(FORMULA, name)
    return f"'{name}" if guarded else name
