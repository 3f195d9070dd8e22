import csv
import json
from datetime import datetime

import duckdb
import pytest

from taskforge.core.failures import InvalidInput
from taskforge.handlers.data.dataset import OutputFormat
from taskforge.handlers.data.engine import open_engine
from taskforge.handlers.data.operation import Outcome
from taskforge.handlers.data.table import Table
from taskforge.handlers.data.write import write

ROWS = [
    {"name": "=1+1", "n": -1, "x": 0.5},
    {"name": "+49", "n": 2, "x": None},
    {"name": "-", "n": None, "x": 1e300},
    {"name": "@sum", "n": 3, "x": 2.0},
    {"name": "\tx", "n": 4, "x": 2.0},
    {"name": "\rx", "n": 5, "x": 2.0},
    {"name": 'a "quoted", text\nof two lines', "n": 6, "x": 2.0},
    {"name": "a=b", "n": 7, "x": 2.0},
    {"name": None, "n": 8, "x": 2.0},
]


@pytest.fixture
def written(work, tmp_path):
    def export(rows, file_format, **fields):
        path = tmp_path / "result"
        output = {"format": file_format, "preview_rows": 0}
        result = work(
            "export", {"inline": rows}, output=output, places={"output": str(path)}, **fields
        )
        return result, path

    return export


def test_csv_has_a_header_and_guards_what_a_spreadsheet_would_run(written):
    _, path = written(ROWS, "csv")

    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["name", "n", "x"]
    assert [row[0] for row in rows] == [
        "'=1+1", "'+49", "'-", "'@sum", "'\tx", "'\rx", 'a "quoted", text\nof two lines', "a=b", "",
    ]  # fmt: skip
    assert rows[0][1:] == ["-1", "0.5"]


def test_headers_are_guarded_too(written):
    _, path = written([{"=cmd()": 1, "fine": 2}], "csv")

    assert path.read_text().splitlines()[0] == "'=cmd(),fine"


def test_json_is_an_array_of_objects(written):
    _, path = written(ROWS, "json")

    assert json.loads(path.read_text()) == ROWS


def test_ndjson_is_an_object_a_line(written):
    _, path = written(ROWS, "ndjson")

    assert [json.loads(line) for line in path.read_text().splitlines()] == ROWS


def test_parquet_keeps_types_and_values(work, tmp_path):
    path = tmp_path / "result"

    work("export", rows=1_000, output={"format": "parquet"}, places={"output": str(path)})

    rows = duckdb.connect().execute(f"SELECT * FROM read_parquet('{path}')")
    assert [column[1] for column in rows.description][1] == "TIMESTAMP"
    first = rows.fetchone()
    assert first
    assert first[:3] == (100_001, datetime(2025, 2, 18, 16, 46, 51), "North America")  # noqa: DTZ001 - as the data set


def test_what_json_has_no_number_for_becomes_null(work, tmp_path):
    (work.folder / "x.csv").write_text("x\nnan\n1.5\ninf\n")
    path = tmp_path / "result"

    work("export", {"file": "x.csv"}, output={"format": "json"}, places={"output": str(path)})

    assert json.loads(path.read_text()) == [{"x": None}, {"x": 1.5}, {"x": None}]


def test_columns_and_order_are_those_asked_for(written):
    rows = [{"a": 1, "b": 2}, {"a": 0, "b": 3}]

    result, path = written(rows, "csv", params={"columns": ["b"], "order_by": [{"column": "a"}]})

    assert path.read_text() == "b\n3\n2\n"
    assert result["rows_out"] == 2


def test_every_operation_can_write_its_rows(work, tmp_path):
    path = tmp_path / "result"

    work(
        "aggregate",
        rows=100,
        params={"group_by": ["channel"], "metrics": [{"fn": "count"}]},
        output={"format": "ndjson"},
        places={"output": str(path)},
    )

    assert sum(json.loads(line)["count"] for line in path.read_text().splitlines()) == 100


def test_writing_is_a_stage_of_its_own(work, tmp_path):
    work("export", rows=10, places={"output": str(tmp_path / "result")})

    stages = [report["stage"] for report in work.reports]
    assert list(dict.fromkeys(stages)) == ["load", "transform", "summarise", "write"]
    percents = [report["percent"] for report in work.reports]
    assert percents == sorted(percents)
    assert percents[-1] == 100


@pytest.mark.parametrize("file_format", list(OutputFormat))
def test_odd_types_can_be_written(tmp_path, monkeypatch, file_format):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "result"
    engine = open_engine(path)
    engine.execute(
        "CREATE TABLE t AS SELECT NULL a, 'nan'::DOUBLE b, INTERVAL 3 DAY c, [1, 2] d,"
        " 'x' || chr(0) e, 18446744073709551616::HUGEINT f, uuid() g, 'ab\\xff'::BLOB h,"
        " TIME '10:00' i, {'k': 1} j, MAP {'a': 1} k, 'infinity'::TIMESTAMP l"
    )
    table = Table(engine, "t")

    write(Outcome(table=table, columns=table.columns), path, file_format)

    assert path.stat().st_size > 50


def test_a_file_that_grows_too_large_is_the_users_matter(tmp_path, monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.chdir(tmp_path)
    engine = open_engine(tmp_path / "result")
    table = Table(engine, "t") if engine.execute("CREATE TABLE t AS FROM range(900000)") else None
    assert table
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(InvalidInput, match="larger than 1,024 MiB"):
            write(
                Outcome(table=table, columns=table.columns), tmp_path / "result", OutputFormat.JSON
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
