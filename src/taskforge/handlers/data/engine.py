"""One DuckDB in memory, shut off from files, network and extensions."""

import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from taskforge.core.failures import InvalidInput

MEMORY_LIMIT = "320MB"
"""What DuckDB keeps in memory; beyond it spills to the job's folder. It counts its buffers only,
so the child's limit on address space has to be well above."""

MAX_SPILL = "4GB"

Row = tuple[Any, ...]

_USERS_FAULT = (duckdb.DataError, duckdb.ProgrammingError, duckdb.NotSupportedError)


def open_engine(*files: Path) -> duckdb.DuckDBPyConnection:
    """A connection that can open these files, or none, and change none of its settings.

    Args:
        files: resolved paths: the one that is read, and the one that will be written.
    """
    here = os.getcwd()
    engine = duckdb.connect(
        ":memory:",
        config={
            "threads": 1,
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": f"{here}/spill",
            "home_directory": here,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
            "python_enable_replacements": False,
        },
    )
    engine.execute("SET TimeZone = 'UTC'")
    # Not among the options above: DuckDB 2.0 shows it there, and does not keep to it.
    engine.execute(f"SET max_temp_directory_size = '{MAX_SPILL}'")
    engine.execute(f"SET allowed_paths = [{', '.join(literal(str(file)) for file in files)}]")
    engine.execute("SET enable_external_access = false")
    engine.execute("SET lock_configuration = true")
    return engine


def literal(text: str) -> str:
    """Text as an SQL literal, for the few places that take no bound value."""
    return "'" + text.replace("'", "''") + "'"


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def memory_faults() -> Generator[None]:
    """Turn the end of the engine's memory and spilling space into MemoryError."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise MemoryError(str(error)) from error


@contextmanager
def input_faults(what: str, reading: Path | None = None) -> Generator[None]:
    """Turn what DuckDB says about data or values into InvalidInput.

    Args:
        what: the beginning of the message.
        reading: the file that is read, whose errors are then the user's too. The message shows
            its name and not where it lies.
    """
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        if reading is None and not isinstance(error, _USERS_FAULT):
            raise
        raise refused(what, error, reading) from error


def refused(what: str, error: duckdb.Error, reading: Path | None = None) -> InvalidInput:
    """What DuckDB says as an error of the user's; see `input_faults`."""
    text = str(error) if reading is None else str(error).replace(str(reading), reading.name)
    lines = re.sub(r"^\w[\w ]* Error: ", "", text.strip()).split("\n\n")[0].splitlines()
    return InvalidInput(f"{what}: {'; '.join(lines)[:500]}")
