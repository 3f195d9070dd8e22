import asyncio
import hashlib
import time
from typing import get_args

import msgspec
import pytest

from taskforge.core.errors import Invalid
from taskforge.core.failures import InvalidInput
from taskforge.handlers.base import declared
from taskforge.handlers.builtin.data_processing import data_processing
from taskforge.handlers.data.examples import EXAMPLES
from taskforge.handlers.data.payload import DataPayload
from taskforge.handlers.registry import load


@pytest.fixture(scope="module")
def registry():
    return load()


async def run(ctx, **payload):
    return await data_processing(msgspec.convert(payload, DataPayload), ctx)


async def test_the_documented_aggregate_runs_in_a_child(ctx):
    result = await run(ctx, dataset="sales_q1", operation="aggregate", rows=50_000)

    assert result["rows_in"] == 50_000
    assert result["groups"]["by"] == ["region", "product"]
    assert sum(row[2] for row in result["preview"]["rows"]) == 50_000
    assert ctx.told[-1].percent == 100
    assert ctx.logged == [
        ("info", "table processed", {"rows_in": 50_000, "rows_out": result["rows_out"]})
    ]
    assert 0 < result["stats"]["peak_memory_mb"] < 300


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
async def test_every_example_runs_and_is_told_in_one_line(ctx, registry, number):
    job_type = registry.get("data_processing")
    _, ask = registry.check_payload("data_processing", job_type.examples[number])

    result = await job_type.run(ask, ctx)

    assert result["rows_out"] > 0
    assert (result["version"], result["backend"]) == (1, "duckdb")
    assert ("artifact" in result) == ("format" in job_type.examples[number].get("output", {}))
    assert len(job_type.summarise(ask)) <= 120


def test_there_is_an_example_of_every_operation():
    shown = {example["operation"] for example in EXAMPLES}

    assert shown == {operation.__struct_config__.tag for operation in get_args(DataPayload)}


@pytest.mark.parametrize(
    ("file_format", "media_type"),
    [
        (None, "text/csv"),
        ("csv", "text/csv"),
        ("json", "application/json"),
        ("ndjson", "application/x-ndjson"),
        ("parquet", "application/vnd.apache.parquet"),
    ],
)
async def test_an_export_becomes_an_artifact_that_the_result_names(ctx, file_format, media_type):
    output = {"format": file_format} if file_format else {}

    result = await run(ctx, dataset="sensors", operation="export", rows=100, output=output)

    name = f"result.{file_format or 'csv'}"
    content = ctx.artifacts[name].read_bytes()
    assert result["artifact"] == {
        "name": name,
        "media_type": media_type,
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert len(content) > 500
    assert ctx.told[-1].stage == "write"


async def test_other_operations_write_a_file_only_when_asked(ctx):
    await run(ctx, dataset="sensors", operation="profile", rows=10)

    assert ctx.artifacts == {}


async def test_the_same_seed_gives_the_same_result(ctx):
    first, second, other = await asyncio.gather(
        *(run(ctx, dataset="sales_q1", operation="profile", rows=500, seed=s) for s in (9, 9, 10))
    )

    assert (first["schema"], first["preview"]) == (second["schema"], second["preview"])
    assert first["schema"] != other["schema"]


async def test_a_file_of_the_data_folder_is_read_by_the_child(ctx, monkeypatch):
    (ctx.datasets_dir / "n.csv").write_text("n\n1\n2\n")
    monkeypatch.chdir(ctx.datasets_dir.parent)
    ctx.datasets_dir = ctx.datasets_dir.relative_to(ctx.datasets_dir.parent)

    result = await run(ctx, dataset={"file": "n.csv"}, operation="filter")

    assert result["preview"]["rows"] == [[1], [2]]
    assert ctx.logged[0][0] == "warning"


async def test_what_the_user_got_wrong_arrives_as_such(ctx):
    with pytest.raises(InvalidInput, match="Did you mean 'revenue'"):
        await run(
            ctx,
            dataset="sales_q1",
            operation="aggregate",
            params={"metrics": [{"fn": "sum", "column": "revenu"}]},
        )


async def test_cancelling_stops_it_within_a_second(ctx):
    task = asyncio.create_task(run(ctx, dataset="sales_q1", operation="profile", rows=5_000_000))
    async with asyncio.timeout(20):
        await ctx.first.wait()
    before = time.monotonic()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert time.monotonic() - before < 1


@pytest.mark.parametrize(
    ("payload", "line"),
    [
        ({"dataset": "sales_q1", "operation": "aggregate", "rows": 50_000},
         "aggregate of sales_q1, 50,000 rows"),
        ({"dataset": {"inline": [{"a": 1}]}, "operation": "profile"},
         "profile of an inline table, 1 rows"),
        ({"dataset": {"file": "a.csv"}, "operation": "filter"},
         "filter of a.csv, at most 10,000 rows"),
    ],
)  # fmt: skip
def test_a_job_is_told_in_one_line(payload, line):
    job_type = declared(data_processing)

    assert job_type
    assert job_type.summarise
    assert job_type.summarise(msgspec.convert(payload, DataPayload)) == line


SALES = {"dataset": "sales_q1", "operation": "profile"}
FILTER = {"dataset": "sales_q1", "operation": "filter"}


def asked(operation, **params):
    return {"dataset": "sales_q1", "operation": operation} | ({"params": params} if params else {})


def where(**condition):
    return {**FILTER, "params": {"where": [condition]}}


@pytest.mark.parametrize(
    ("payload", "pointer"),
    [
        ({**SALES, "rows": 0}, "/payload/rows"),
        ({**SALES, "rows": 5_000_001}, "/payload/rows"),
        ({**SALES, "rows": "10"}, "/payload/rows"),
        ({**SALES, "rows": 1e300}, "/payload/rows"),
        ({**SALES, "rows": 10**400}, "/payload/rows"),
        ({**SALES, "seed": -1}, "/payload/seed"),
        ({**SALES, "dataset": "sales_q9"}, "/payload/dataset"),
        ({**SALES, "dataset": None}, "/payload/dataset"),
        ({**SALES, "dataset": {}}, "/payload/dataset"),
        ({**SALES, "dataset": {"inline": [{"a": 1}], "file": "a.csv"}}, "/payload/dataset"),
        ({**SALES, "dataset": {"inline": []}}, "/payload/dataset/inline"),
        ({**SALES, "dataset": {"inline": [{}] * 10_001}}, "/payload/dataset/inline"),
        ({**SALES, "dataset": {"inline": [{"a": "x" * 2_000_000}]}}, "/payload/dataset"),
        ({**SALES, "dataset": {"inline": [{"a": [1]}]}}, "/payload/dataset/inline/0"),
        ({**SALES, "dataset": {"inline": [{"": 1}]}}, "/payload/dataset/inline/0"),
        ({**SALES, "dataset": {"inline": [{"a\0": 1}]}}, "/payload/dataset/inline/0"),
        ({**SALES, "dataset": {"inline": [{"a": 2**64}]}}, "/payload/dataset/inline/0"),
        ({**SALES, "dataset": {"file": "/etc/passwd"}}, "/payload/dataset/file"),
        ({**SALES, "dataset": {"file": "/etc/a.csv"}}, "/payload/dataset/file"),
        ({**SALES, "dataset": {"file": "../a.csv"}}, "/payload/dataset/file"),
        ({**SALES, "dataset": {"file": "a/../../b.csv"}}, "/payload/dataset"),
        ({**SALES, "dataset": {"file": "*.csv"}}, "/payload/dataset/file"),
        ({**SALES, "dataset": {"file": "a\0.csv"}}, "/payload/dataset/file"),
        ({**SALES, "dataset": {"file": "a.duckdb"}}, "/payload/dataset/file"),
        ({**SALES, "output": {"preview_rows": 201}}, "/payload/output/preview_rows"),
        ({**SALES, "operation": "transform"}, "/payload/operation"),
        ({**SALES, "operation": ["profile"]}, "/payload/operation"),
        ({**SALES, "params": {"where": []}}, "/payload/params/where"),
        ({**SALES, "limits": 1}, "/payload/limits"),
        ({**SALES, "output": {"format": "xlsx"}}, "/payload/output/format"),
        ({**SALES, "dataset": {"upload": "x"}}, "/payload/dataset/upload"),
        ({**SALES, "dataset": {"url": "ftp://a/b.csv"}}, "/payload/dataset/url"),
        ({**SALES, "dataset": {"url": "https://a b/c.csv"}}, "/payload/dataset/url"),
        ({**SALES, "dataset": {"url": "http://a/" + "x" * 2_048}}, "/payload/dataset/url"),
        ({**SALES, "dataset": {"file": "a.csv", "format": "csv"}}, "/payload/dataset"),
        (asked("sql"), "/payload/params"),
        (asked("sql", query=" "), "/payload/params/query"),
        (asked("sql", query="x" * 20_001), "/payload/params/query"),
        (asked("sql", query="SELECT 1", limit=0), "/payload/params/limit"),
        (asked("validate", rules=[]), "/payload/params/rules"),
        (asked("validate", rules=[{"column": "a", "rule": "odd"}]), "/payload/params/rules/0/rule"),
        (asked("validate", rules=[{"column": "a", "rule": "between"}]), "/payload/params/rules/0"),
        (asked("validate", rules=[{"column": "a", "rule": "in_set", "values": [None]}]),
         "/payload/params/rules/0"),
        (asked("clean", fill=[{"column": "a"}]), "/payload/params/fill/0"),
        (asked("clean", fill=[{"column": "a", "with": "mean", "value": 1}]),
         "/payload/params/fill/0"),
        (asked("clean", cast=[{"column": "a", "to": "blob"}]), "/payload/params/cast/0/to"),
        (asked("outliers", k=0), "/payload/params/k"),
        (asked("outliers", method="guess"), "/payload/params/method"),
        (asked("timeseries", every="fortnight"), "/payload/params/every"),
        (asked("timeseries", fill="guess"), "/payload/params/fill"),
        (asked("correlate", columns=["a"] * 21), "/payload/params/columns"),
        (asked("pivot", max_columns=51), "/payload/params/max_columns"),
        (asked("sample", size=0), "/payload/params/size"),
        (asked("deduplicate", keep="some"), "/payload/params/keep"),
        (asked("export", order_by=[{"column": ""}]), "/payload/params/order_by/0/column"),
        (where(column="a", op="like", value="x"), "/payload/params/where/0/op"),
        (where(column="a", op="eq"), "/payload/params/where/0"),
        (where(column="a", op="eq", value=[1]), "/payload/params/where/0"),
        (where(column="a", op="in", value=1), "/payload/params/where/0"),
        (where(column="a", op="in", value=[None]), "/payload/params/where/0"),
        (where(column="a", op="in", value=[]), "/payload/params/where/0/value"),
        (where(column="a", op="between", value=[1]), "/payload/params/where/0"),
        (where(column="a", op="is_null", value=1), "/payload/params/where/0"),
        ({**SALES, "operation": "aggregate", "params": {"group_by": ["a"] * 6}},
         "/payload/params/group_by"),
        ({**SALES, "operation": "aggregate", "params": {"metrics": [{"fn": "sum"}]}},
         "/payload/params/metrics/0"),
        ([], "/payload"),
        (None, "/payload"),
    ],
)  # fmt: skip
def test_a_bad_payload_is_refused_where_it_is_bad(registry, payload, pointer):
    with pytest.raises(Invalid) as caught:
        registry.check_payload("data_processing", payload)

    assert caught.value.code == "invalid_payload"
    assert [fault.pointer for fault in caught.value.faults] == [pointer]
