"""Load a job's data set into the table `data`."""

import difflib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from taskforge.core.failures import InvalidInput
from taskforge.handlers.base import Report
from taskforge.handlers.data.dataset import Places, Source
from taskforge.handlers.data.engine import input_faults, literal, quote
from taskforge.handlers.data.generated.rows import Recipe, mixed_seed
from taskforge.handlers.data.generated.sets import RECIPES
from taskforge.handlers.data.payload import DataJob
from taskforge.handlers.data.table import Table

CHUNK = 50_000
LOAD_PERCENT = 60.0
"""Share of the progress bar that loading takes."""

READERS = {
    "csv": "read_csv({})",
    "tsv": "read_csv({}, delim = chr(9))",
    "parquet": "read_parquet({})",
    "json": "read_json({})",
    "ndjson": "read_json({})",
    "jsonl": "read_json({})",
}


def find_file(job: DataJob, places: Places) -> Path | None:
    """The file that a job reads, resolved; None when it reads none.

    Raises:
        InvalidInput: no such file inside the folder. Links are followed first, so one that leads
            out is no such file.
    """
    if places.given is not None:
        return Path(places.given).resolve()
    if not isinstance(job.dataset, Source) or not isinstance(job.dataset.file, str):
        return None
    name, folder = job.dataset.file, Path(places.datasets_dir)
    with suppress(OSError, RuntimeError):
        root = folder.resolve(strict=True)
        path = (root / name).resolve(strict=True)
        # The resolved name is checked too: a link `a.csv` may lead to something else in the folder.
        if path.is_relative_to(root) and path.is_file() and _ending(path) in READERS:
            return path
    raise InvalidInput(f"There is no data file {name!r}.{_close_files(folder, name)}")


def _close_files(folder: Path, name: str) -> str:
    with suppress(OSError):
        there = sorted(path.name for path in folder.iterdir() if _ending(path) in READERS)
        close = difflib.get_close_matches(name, there, n=3)
        if close:
            return f" Did you mean {' or '.join(map(repr, close))}?"
    return ""


class Given(NamedTuple):
    """A file to read."""

    path: Path
    name: str
    """What messages call it."""
    format: str


def given_file(path: Path | None, places: Places) -> Given | None:
    """The file as the reader wants it."""
    if path is None:
        return None
    return Given(path, places.given_name or path.name, places.given_format or _ending(path))


def load(
    engine: duckdb.DuckDBPyConnection, job: DataJob, file: Given | None, report: Report
) -> tuple[Table, list[str]]:
    """Make the table `data`; return it with warnings.

    Raises:
        InvalidInput: rows or a file that cannot be read as a table.
    """
    warnings: list[str] = []
    if isinstance(job.dataset, str):
        _generate(engine, RECIPES[job.dataset], job, report)
    elif file is None:
        warnings = _insert_inline(engine, job.dataset, job.rows)
    else:
        report(stage="load", message=file.name)
        warnings = _read(engine, file, job.rows)
    table = Table(engine, "data")
    count = table.count()
    if file is not None and count == job.rows:
        warnings.append(f"Reading stopped at {count:,} rows (`rows`); the file may hold more.")
    report(percent=LOAD_PERCENT, current=count, total=count, stage="load")
    return table, warnings


def _generate(
    engine: duckdb.DuckDBPyConnection, recipe: Recipe, job: DataJob, report: Report
) -> None:
    engine.execute(recipe.create("data"))
    statement, seed = recipe.insert("data"), mixed_seed(job.seed)
    # One transaction: DuckDB copies half-filled row groups at every commit.
    engine.begin()
    for start in range(0, job.rows, CHUNK):
        end = min(start + CHUNK, job.rows)
        engine.execute(statement, [start, end, seed])
        percent = LOAD_PERCENT * end / job.rows
        report(percent=percent, current=end, total=job.rows, stage="load")
    engine.commit()


def _insert_inline(engine: duckdb.DuckDBPyConnection, source: Source, most: int) -> list[str]:
    rows = source.inline[:most] if isinstance(source.inline, list) else []
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len({name.lower() for name in names}) < len(names):
        raise InvalidInput("Two columns of `inline` differ in upper and lower case only.")
    if not names:
        raise InvalidInput("The rows of `inline` have no columns.")
    warnings: list[str] = []
    types: dict[str, str] = {}
    for name in names:
        types[name] = _type_of([row.get(name) for row in rows])
        if types[name] == "VARCHAR" and any(_is_number(row.get(name)) for row in rows):
            warnings.append(f"Column {name!r} mixes text with other values; all are read as text.")
    values = [[_as(types[name], row.get(name)) for row in rows] for name in names]
    columns = ", ".join(f"unnest(?::{types[name]}[]) AS {quote(name)}" for name in names)
    with input_faults("`inline` is not a table"):
        engine.execute(f"CREATE TABLE data AS SELECT {columns}", values)
    return warnings


def _type_of(values: Sequence[object]) -> str:
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {int, float}:
        return "DOUBLE" if float in kinds else "BIGINT"
    return "BOOLEAN" if kinds == {bool} else "VARCHAR"


def _as(sql_type: str, value: Any) -> Any:
    if value is None or sql_type != "VARCHAR" or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _read(engine: duckdb.DuckDBPyConnection, file: Given, most: int) -> list[str]:
    reader = READERS.get(file.format)
    if reader is None:
        raise InvalidInput(
            f"{file.name} is {file.format or 'of no known format'}; tables are read from CSV, TSV,"
            " NDJSON, JSON and Parquet."
        )
    with input_faults(f"{file.name} cannot be read", reading=file.path):
        engine.execute(
            f"CREATE TABLE data AS SELECT * FROM {reader.format(literal(str(file.path)))} LIMIT ?",
            [most],
        )
        return _doubts(engine, file, reader)


def _doubts(engine: duckdb.DuckDBPyConnection, file: Given, reader: str) -> list[str]:
    """What DuckDB has guessed about a CSV file, where the guess may be wrong."""
    if not reader.startswith("read_csv"):
        return []
    sniffer = reader.replace("read_csv", "sniff_csv").format(literal(str(file.path)))
    row = engine.execute(f"SELECT SkipRows FROM {sniffer}").fetchone()
    if row is None or not row[0]:
        return []
    return [
        f"The first {row[0]} lines of {file.name} are left out: their columns are not the others'."
    ]


def _ending(file: Path) -> str:
    return file.suffix.lower().removeprefix(".")
