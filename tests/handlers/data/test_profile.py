import json
import statistics
from collections import Counter

import pytest

from taskforge.core.failures import InvalidInput


def by_name(result):
    return {column["name"]: column for column in result["schema"]}


def test_numbers_texts_and_nulls_are_what_plain_python_says(work, sales_order):
    rows = [sales_order(i, 42) for i in range(5_000)]
    revenue = [row[9] / 100 for row in rows]
    channels = Counter(row[10] for row in rows)

    result = work("profile", rows=5_000)

    columns = by_name(result)
    found = columns["revenue"]
    assert (found["min"], found["max"]) == (min(revenue), max(revenue))
    assert found["distinct"] == len(set(revenue))
    assert found["mean"] == pytest.approx(statistics.fmean(revenue))
    assert found["stddev"] == pytest.approx(statistics.stdev(revenue))
    assert found["quartiles"] == pytest.approx(
        statistics.quantiles(revenue, n=4, method="inclusive")
    )
    nulls = channels.pop(None)
    assert columns["channel"]["nulls_pct"] == pytest.approx(nulls / 50, abs=1e-4)
    assert columns["channel"]["top"] == [
        {"value": value, "count": count} for value, count in channels.most_common()
    ]
    assert columns["ordered_at"]["min"] == min(row[1] for row in rows).isoformat()
    assert "mean" not in columns["channel"]
    assert "top" not in by_name(work("profile", rows=20_000))["order_id"]


def test_histograms_have_twenty_bins_that_hold_every_value(work, sales_order):
    quantities = [sales_order(i, 42)[6] for i in range(1_000)]
    width = (max(quantities) - min(quantities)) / 20
    expected = Counter(min(19, int((q - min(quantities)) / width)) for q in quantities)

    columns = by_name(work("profile", rows=1_000))

    found = columns["quantity"]["histogram"]
    assert (found["from"], found["to"]) == (min(quantities), max(quantities))
    assert found["counts"] == [expected[n] for n in range(20)]
    assert sum(columns["ordered_at"]["histogram"]["counts"]) == 1_000


def test_a_result_says_what_it_is_and_what_it_cost(work):
    result = work("profile", rows=100, output={"preview_rows": 3})

    assert result["version"] == 1
    assert result["backend"] == "duckdb"
    assert (result["operation"], result["dataset"]) == ("profile", "sales_q1")
    assert (result["rows_in"], result["rows_out"]) == (100, 100)
    assert len(result["preview"]["rows"]) == 3
    assert result["preview"]["rows"][0][0] == 100_001
    assert result["stats"]["elapsed_ms"] > 0
    assert result["stats"]["rows_per_second"] > 0


def test_progress_counts_rows_by_fifty_thousand_then_columns(work):
    work("profile", rows=120_000, params={"columns": ["region", "revenue"]})

    loaded = [r["current"] for r in work.reports if r["stage"] == "load"]
    assert loaded == [50_000, 100_000, 120_000, 120_000]
    assert [r["stage"] for r in work.reports[4:]] == ["transform", *["summarise"] * 3]
    percents = [r["percent"] for r in work.reports]
    assert percents == sorted(percents)
    assert percents[-1] == 100


def test_only_the_columns_asked_for_are_described(work):
    result = work("profile", rows=10, params={"columns": ["country"]})

    assert list(by_name(result)) == result["preview"]["columns"] == ["country"]
    with pytest.raises(InvalidInput, match="Did you mean 'country'"):
        work("profile", rows=10, params={"columns": ["contry"]})


def test_numbers_at_the_end_of_their_range_stay_json(work):
    rows = [{"big": 1e308, "int": 2**63 - 1}, {"big": -1e308, "int": -1}, {"big": 5e-324, "int": 0}]

    result = work.inline("profile", rows)

    assert json.dumps(result, allow_nan=False)
    assert by_name(result)["int"]["max"] == str(2**63 - 1)
    assert "histogram" not in by_name(result)["big"]


def test_a_constant_column_has_one_full_bin(work):
    found = by_name(work.inline("profile", [{"n": 7}] * 4))["n"]

    assert found["histogram"]["counts"] == [4] + [0] * 19
    assert found["quartiles"] == [7, 7, 7]
    assert found["stddev"] == 0
