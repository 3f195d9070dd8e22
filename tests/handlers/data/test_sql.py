import asyncio
import time

import pytest

from taskforge.core.failures import BlockedByPolicy, InvalidInput, JobTimeout
from taskforge.core.sandbox import SandboxLimits
from taskforge.handlers.builtin.data_processing import WORK
from taskforge.handlers.data.dataset import Places
from taskforge.outside.child.run import run_child

ROWS = [{"team": "a", "v": 1}, {"team": "b", "v": 2}, {"team": "a", "v": 4}]


def query(work, text, **params):
    return work.inline("sql", ROWS, query=text, **params)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "SELECT team, sum(v) AS total FROM data GROUP BY team ORDER BY team",
            [["a", 5], ["b", 2]],
        ),
        ("WITH big AS (SELECT * FROM data WHERE v > 1) SELECT count(*) FROM big;", [[2]]),
        ("FROM data SELECT max(v) -- the largest", [[4]]),
        ("SELECT ';' AS semicolon /* ; */ ;  ", [[";"]]),
        ("VALUES (1), (2)", [[1], [2]]),
        ("SELECT NULL", [[None]]),
        (
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3) FROM n",
            [[1], [2], [3]],
        ),
    ],
)
def test_one_select_is_run(work, text, expected):
    assert query(work, text)["preview"]["rows"] == expected


def test_the_first_column_is_the_x_of_a_chart(work):
    result = query(work, "SELECT team, sum(v) AS total FROM data GROUP BY team ORDER BY team")

    assert result["series"] == [{"name": "total", "points": [("a", 5), ("b", 2)]}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1; SELECT 2", "there are 2 statements"),
        ("-- nothing", "there are 0 statements"),
        ("SELEC 1", "cannot be read: .*syntax error"),
        ("SELECT\0 1", "NUL"),
        ("SELECT ?", "parameters"),
        ("SELECT nothing FROM data", "cannot be run: .*nothing"),
        ('SELECT 1 AS "' + "x" * 300 + '"', "name has more than 250 bytes"),
        ("SET memory_limit = '9GB'", "this is SET"),
        ("RESET memory_limit", "this is"),
        ("PRAGMA version", "this is PRAGMA"),
        ("CALL pragma_version()", "this is CALL"),
        ("EXPLAIN SELECT 1", "this is EXPLAIN"),
        ("COPY data TO 'out.csv'", "this is COPY"),
        ("COPY (SELECT 1) TO '/dev/shm/out.csv'", "this is COPY"),
        ("ATTACH 'other.db'", "this is ATTACH"),
        ("INSTALL httpfs", "this is LOAD"),
        ("LOAD httpfs", "this is LOAD"),
        ("CREATE TABLE mine AS SELECT 1", "this is CREATE"),
        ("INSERT INTO data SELECT * FROM data", "this is INSERT"),
        ("DROP TABLE data", "this is DROP"),
        ("EXPORT DATABASE 'out'", "this is EXPORT"),
        ("PREPARE p AS SELECT 1", "this is PREPARE"),
        ("BEGIN", "this is TRANSACTION"),
        ("WITH gone AS (DELETE FROM data RETURNING *) SELECT * FROM gone", "must be at the top"),
        ("WITH more AS (INSERT INTO data FROM data RETURNING *) FROM more", "must be at the top"),
        ("SELECT 1) LIMIT 1; DROP TABLE data; SELECT (1", "cannot be read"),
    ],
)
def test_all_else_is_refused_with_the_reason(work, text, message):
    with pytest.raises(InvalidInput, match=message):
        query(work, text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM parquet_metadata('/etc/passwd')",
        "SELECT * FROM query('COPY data TO ''out.csv''')",
        "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
        "SELECT * FROM read_csv('http://127.0.0.1/a.csv')",
        "SELECT * FROM read_csv('s3://bucket/a.csv')",
        "SELECT getenv('HOME')",
        "SELECT * FROM secret",
        "SELECT * FROM enable_logging('QueryLog', storage := 'file', storage_path := 'log')",
        "SELECT * FROM pragma_import_database('x')",
        "SELECT set_config('memory_limit', '9GB')",
    ],
)
def test_a_select_reaches_nothing_but_the_table(work, text):
    secret = {"a": [1]}  # noqa: F841 - a Python variable that SQL must not see

    with pytest.raises((InvalidInput, BlockedByPolicy)) as caught:
        query(work, text)

    assert "root:" not in str(caught.value)


def test_rows_past_the_limit_are_cut_with_a_warning(work):
    result = query(work, "SELECT * FROM range(1000)", limit=10)

    assert result["rows_out"] == 10
    assert "more than 10 rows" in result["warnings"][0]
    assert query(work, "SELECT * FROM range(10)", limit=10)["warnings"] == []


def test_a_huge_cell_is_cut_in_the_preview(work):
    result = query(work, "SELECT repeat('x', 5000000) AS big FROM data")

    assert [len(row[0]) for row in result["preview"]["rows"]] == [1_000] * 3


def test_a_query_that_wants_too_much_memory_is_told_so(work, monkeypatch):
    monkeypatch.setattr("taskforge.handlers.data.engine.MEMORY_LIMIT", "30MB")
    monkeypatch.setattr("taskforge.handlers.data.engine.MAX_SPILL", "1MB")

    with pytest.raises(InvalidInput, match="needs more memory"):
        query(work, "SELECT count(DISTINCT md5(range::VARCHAR)) FROM range(3000000)")


ENDLESS = {
    "cross join": "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range % 7 = 3",
    "recursion": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 - i FROM n)"
    " SELECT count(*) FROM n",
    "sleep": "SELECT sleep_ms(60000)",
}


def run(text, on_report, limits=None):
    payload = {"dataset": "sensors", "rows": 10, "operation": "sql", "params": {"query": text}}
    places = Places(datasets_dir="/nowhere")
    return run_child(WORK, [payload, places], limits=limits or SandboxLimits(), on_report=on_report)


@pytest.mark.parametrize("name", ENDLESS)
async def test_a_query_without_end_is_cancelled_within_a_second(name):
    running = asyncio.Event()

    def look(report):
        if report.message == "the query is running":
            running.set()

    task = asyncio.create_task(run(ENDLESS[name], look))
    async with asyncio.timeout(20):
        await running.wait()
    before = time.monotonic()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert time.monotonic() - before < 1


async def test_a_query_without_end_is_ended_by_the_time_limit():
    with pytest.raises(JobTimeout):
        await run(ENDLESS["recursion"], lambda report: None, SandboxLimits(seconds=2))
