import hashlib

import pytest

from taskforge.handlers.data.engine import open_engine
from taskforge.handlers.data.generated.rows import mixed_seed
from taskforge.handlers.data.generated.sets import RECIPES

NAMES = list(RECIPES)


@pytest.fixture
def generated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def rows(name, chunks, seed=42):
        engine = open_engine()
        engine.execute(RECIPES[name].create("t"))
        for start, end in chunks:
            engine.execute(RECIPES[name].insert("t"), [start, end, mixed_seed(seed)])
        columns = ", ".join(f"CAST({column} AS VARCHAR)" for column in RECIPES[name].columns)
        return engine.execute(f"SELECT {columns} FROM t").fetchall()

    return rows


@pytest.mark.parametrize("name", NAMES)
def test_chunks_and_their_order_make_no_difference(generated, name):
    whole = generated(name, [(0, 2_000)])
    pieces = generated(name, [(1_999, 2_000), (700, 1_999), (0, 700)])

    assert sorted(map(repr, pieces)) == sorted(map(repr, whole))
    assert pieces[0] == whole[1_999]


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("sales_q1", "f2001be11d4c10a7"),
        ("web_logs", "1c2a86e19958ccf0"),
        ("sensors", "6da8811c912d33e2"),
        ("customers", "efd23dadaaaf3d0c"),
        ("transactions", "088a661dac144d9f"),
    ],
)
def test_a_seed_makes_the_same_rows_for_ever(generated, name, digest):
    rows = generated(name, [(0, 1_000), (4_999_000, 5_000_000)])

    assert hashlib.sha256(repr(rows).encode()).hexdigest()[:16] == digest


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_makes_other_rows(generated, name):
    ours, theirs = generated(name, [(0, 500)], 1), generated(name, [(0, 500)], 2)

    assert sum(a == b for a, b in zip(ours, theirs, strict=True)) < 5


def test_requests_are_logged_twice_and_the_checkout_breaks_for_an_hour(work):
    doubles = work("deduplicate", "web_logs", rows=5_000)["duplicates"]
    broken = work(
        "sql",
        "web_logs",
        rows=50_000,
        params={
            "query": "SELECT date_trunc('hour', requested_at) AS hour, count(*) AS errors FROM data"
            " WHERE status = 500 AND path = '/checkout' GROUP BY ALL ORDER BY errors DESC"
        },
    )["preview"]["rows"]

    assert doubles["removed"] == 5_000 // 211
    assert broken[0][0] == "2025-03-06T14:00:00"
    assert broken[0][1] > 5 * broken[1][1]


def test_sensors_spike_and_warm_air_is_dry(work):
    spikes = work("outliers", "sensors", params={"column": "temperature", "k": 3})
    matrix = work("correlate", "sensors", params={"columns": ["humidity", "temperature"]})

    assert {row[6] for row in spikes["preview"]["rows"]} == {85.0, -40.0}
    assert matrix["correlation"]["matrix"][0][1] < -0.5


def test_customers_are_registered_twice_in_capitals(work):
    strict = work("deduplicate", "customers", params={"columns": ["email"]})
    loose = work("deduplicate", "customers", params={"columns": ["email"], "loose": True})

    assert strict["duplicates"]["removed"] == 0
    assert loose["duplicates"]["removed"] == 10_000 // 37


def test_transactions_are_charged_twice_and_some_sixtyfold(work):
    same = ["account", "merchant", "amount", "currency", "status"]
    doubles = work("deduplicate", "transactions", params={"columns": same})
    far = work("outliers", "transactions", params={"method": "mad", "k": 60})

    assert doubles["duplicates"]["removed"] >= 10_000 // 173
    assert 0 < far["outliers"]["rows"] < 60
