import json
import os
from pathlib import Path

import duckdb
import pytest

from taskforge.core.failures import InvalidInput
from taskforge.handlers.data.work import OPERATIONS

CSV = "city,degrees,day\nOslo,-3.5,2025-01-01\nRome,11,2025-01-02\n,7,\n"


def types(result):
    return {column["name"]: column["type"] for column in result["schema"]}


def read(work, name, operation="filter", **fields):
    return work(operation, {"file": name}, **fields)


@pytest.fixture
def parquet(work):
    def write(name, select):
        path = str(work.folder / name)
        duckdb.connect().execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")

    return write


def test_csv_is_read_with_its_types(work):
    (work.folder / "weather.csv").write_text(CSV)

    result = read(work, "weather.csv")

    assert types(result) == {"city": "VARCHAR", "degrees": "DOUBLE", "day": "DATE"}
    assert result["preview"]["rows"] == [
        ["Oslo", -3.5, "2025-01-01"],
        ["Rome", 11, "2025-01-02"],
        [None, 7, None],
    ]
    assert result["dataset"] == "weather.csv"


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl", "a.json", "deep/er/a.ndjson"])
def test_json_lines_are_read(work, name):
    path = work.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"n": 1, "s": "a"}\n{"n": 2}\n')

    assert read(work, name)["preview"]["rows"] == [[1, "a"], [2, None]]


def test_a_json_array_is_read(work):
    (work.folder / "a.json").write_text(json.dumps([{"n": 1}, {"n": 2}]))

    assert read(work, "a.json")["preview"]["rows"] == [[1], [2]]


def test_parquet_is_read_whatever_its_types(work, parquet):
    parquet(
        "odd.parquet",
        "SELECT 'infinity'::TIMESTAMP a, DATE '290000-01-01' b, 'nan'::DOUBLE c, 'x' || chr(0) d,"
        " [1, 2] e, {'k': 1} f, 'ab\\xff'::BLOB g, 18446744073709551615::UBIGINT h,"
        " TIMESTAMPTZ '2025-01-01 10:00:00+02' i, uuid() j, repeat('z', 5000) k, INTERVAL 3 DAY l",
    )

    for operation in OPERATIONS.keys() - {"validate", "sql", "outliers", "pivot", "timeseries"}:
        assert json.dumps(read(work, "odd.parquet", operation), allow_nan=False)
    row = read(work, "odd.parquet")["preview"]["rows"][0]
    assert row[:4] == ["infinity", "290000-01-01", None, "x\ufffd"]
    assert row[4:8] == ["[1, 2]", "{'k': 1}", "ab\\xFF", "18446744073709551615"]
    assert row[8] == "2025-01-01T08:00:00+00"
    assert len(row[10]) == 1_000


def test_names_of_columns_are_never_taken_for_sql(work, parquet):
    names = ['a"b', "select", "x; DROP TABLE data", "ü", " ", "a'b"]
    parquet(
        "names.parquet",
        ", ".join(f'1 AS "{n.replace(chr(34), chr(34) * 2)}"' for n in names).join(("SELECT ", "")),
    )

    result = read(work, "names.parquet", "aggregate", params={"group_by": names[:5]})

    assert result["groups"]["by"] == names[:5]
    assert list(types(read(work, "names.parquet", "profile"))) == names


def test_no_more_rows_are_read_than_asked_for(work):
    (work.folder / "n.csv").write_text("n\n" + "\n".join(map(str, range(100))))

    result = read(work, "n.csv", rows=10)

    assert result["rows_in"] == 10
    assert "may hold more" in result["warnings"][0]
    assert read(work, "n.csv", rows=101)["warnings"] == [
        "There are no conditions (`where`): every row fits."
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bad.parquet", b"PAR1junkjunkPAR1"),
        ("bad.json", b'{"a": [}'),
        ("latin.csv", b"a,b\n1,\xe9\n"),
    ],
)
def test_a_file_that_is_broken_is_the_users_matter(work, name, content):
    (work.folder / name).write_bytes(content)

    with pytest.raises(InvalidInput, match=f"{name} cannot be read") as caught:
        read(work, name)

    assert str(work.folder) not in str(caught.value)


def test_lines_that_are_left_out_are_told(work):
    (work.folder / "ragged.csv").write_text("made by hand\n\na,b,c\n1,2,3\n4,5,6\n")

    result = read(work, "ragged.csv")

    assert result["preview"] == {"columns": ["a", "b", "c"], "rows": [[1, 2, 3], [4, 5, 6]]}
    assert "first 2 lines of ragged.csv are left out" in result["warnings"][0]


def test_a_file_that_is_not_there_is_refused_with_what_comes_close(work):
    (work.folder / "orders.csv").write_text(CSV)

    with pytest.raises(
        InvalidInput, match=r"no data file 'order\.csv'\. Did you mean 'orders\.csv'"
    ):
        read(work, "order.csv")


@pytest.mark.parametrize("kind", ["file", "folder", "link to another type"])
def test_no_link_leads_out_of_the_folder(work, tmp_path, kind):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text(CSV)
    (outside / "secret.txt").write_text(CSV)
    (work.folder / "secret.txt").write_text(CSV)
    target, name = {
        "file": (outside / "secret.csv", "link.csv"),
        "folder": (outside, "link/secret.csv"),
        "link to another type": (work.folder / "secret.txt", "link.csv"),
    }[kind]
    (work.folder / Path(name).parts[0]).symlink_to(target)

    with pytest.raises(InvalidInput, match="no data file"):
        read(work, name)


def test_a_link_inside_the_folder_is_followed(work):
    (work.folder / "a.csv").write_text(CSV)
    (work.folder / "b.csv").symlink_to(work.folder / "a.csv")

    assert read(work, "b.csv")["rows_in"] == 3


def test_what_is_no_plain_file_is_refused(work):
    (work.folder / "dir.csv").mkdir()
    os.mkfifo(work.folder / "pipe.csv")

    for name in ("dir.csv", "pipe.csv"):
        with pytest.raises(InvalidInput, match="no data file"):
            read(work, name)


def test_inline_rows_get_the_narrowest_type_that_holds_them(work):
    rows = [
        {"i": 1, "f": 1, "b": True, "s": "x", "m": 1},
        {"i": None, "f": 2.5, "m": "two", "z": None},
    ]

    result = work.inline("filter", rows)

    expected = {
        "i": "BIGINT",
        "f": "DOUBLE",
        "b": "BOOLEAN",
        "s": "VARCHAR",
        "m": "VARCHAR",
        "z": "VARCHAR",
    }
    assert types(result) == expected
    assert result["preview"]["rows"] == [
        [1, 1.0, True, "x", "1", None],
        [None, 2.5, None, None, "two", None],
    ]
    assert "'m' mixes text" in result["warnings"][0]


@pytest.mark.parametrize("rows", [[{}], [{"a": 1}, {"A": 2}]])
def test_inline_rows_that_are_no_table_are_refused(work, rows):
    with pytest.raises(InvalidInput, match="inline"):
        work.inline("profile", rows)


def test_a_full_inline_table_is_quick(work):
    rows = [{"a": n, "b": f"text {n}"} for n in range(10_000)]

    result = work(
        "aggregate",
        {"inline": rows},
        params={"group_by": [], "metrics": [{"fn": "sum", "column": "a"}]},
    )

    assert result["preview"]["rows"] == [[sum(range(10_000))]]
