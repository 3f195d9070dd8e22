import math
import statistics
from collections import defaultdict

import pytest

from taskforge.core.failures import InvalidInput

ROWS = [
    {"team": team, "points": points, "note": None if points % 3 else "x"}
    for team, points in zip("abcab" * 40, range(200), strict=True)
]


def by_team():
    teams = defaultdict(list)
    for row in ROWS:
        teams[row["team"]].append(row["points"])
    return teams


def p95(values):
    values = sorted(values)
    place = 0.95 * (len(values) - 1)
    low = math.floor(place)
    return values[low] + (values[min(low + 1, len(values) - 1)] - values[low]) * (place - low)


def test_every_figure_is_what_plain_python_says(work):
    fns = ["count", "distinct", "sum", "avg", "min", "max", "median", "p95", "stddev"]

    result = work.inline(
        "aggregate",
        ROWS,
        group_by=["team"],
        metrics=[{"fn": fn, "column": "points"} for fn in fns],
        order_by=[{"column": "team"}],
    )

    assert result["preview"]["columns"] == ["team", *(f"{fn}_points" for fn in fns)]
    for row, (team, points) in zip(
        result["preview"]["rows"], sorted(by_team().items()), strict=True
    ):
        assert row[:4] == [team, len(points), len(set(points)), sum(points)]
        assert row[4:] == pytest.approx(
            [
                statistics.fmean(points),
                min(points),
                max(points),
                statistics.median(points),
                p95(points),
                statistics.stdev(points),
            ]
        )


def test_the_default_aggregate_of_the_sales_is_revenue_by_region_and_product(work, sales_order):
    expected = defaultdict(list)
    for i in range(3_000):
        row = sales_order(i, 42)
        expected[row[2], row[4]].append(row[9])

    result = work("aggregate", rows=3_000, output={"preview_rows": 200})

    assert result["groups"] == {
        "by": ["region", "product"],
        "metrics": ["count", "sum_revenue", "avg_revenue"],
        "chosen": ["group_by", "metrics"],
        "total": len(expected),
    }
    assert (result["rows_in"], result["rows_out"]) == (3_000, len(expected))
    sums = [row[3] for row in result["preview"]["rows"]]
    assert sums == sorted(sums, reverse=True)
    for region, product, count, total, mean in result["preview"]["rows"]:
        cents = expected.pop((region, product))
        assert count == len(cents)
        assert total == sum(cents) / 100
        assert mean == pytest.approx(sum(cents) / len(cents) / 100)
    assert not expected


def test_count_of_a_column_leaves_nulls_out(work):
    result = work.inline(
        "aggregate",
        ROWS,
        group_by=[],
        metrics=[{"fn": "count"}, {"fn": "count", "column": "note", "as": "noted"}],
    )

    assert result["preview"] == {"columns": ["count", "noted"], "rows": [[200, 67]]}


def test_having_order_and_limit_work_on_the_result(work):
    result = work.inline(
        "aggregate",
        ROWS,
        group_by=["team"],
        metrics=[{"fn": "sum", "column": "points", "as": "total"}],
        having=[{"column": "total", "op": "gt", "value": sum(by_team()["c"])}],
        order_by=[{"column": "TOTAL"}],
        limit=1,
    )

    least = min(sum(points) for team, points in by_team().items() if team != "c")
    assert [row[1] for row in result["preview"]["rows"]] == [least]
    assert "first 1 groups" in result["warnings"][0]


def test_without_text_or_numbers_it_still_counts(work):
    assert work.inline("aggregate", [{"on": True}, {"on": None}])["preview"]["rows"] == [[2]]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"group_by": ["taem"]}, "Did you mean 'team'"),
        ({"group_by": ["zzz"]}, "There are 'team', 'points', 'note'"),
        ({"group_by": ["team", "TEAM"]}, "named twice"),
        ({"metrics": [{"fn": "sum", "column": "team"}]}, "needs numbers"),
        ({"metrics": [{"fn": "count"}, {"fn": "count"}]}, "use `as`"),
        ({"group_by": ["team"], "metrics": [{"fn": "count", "as": "Team"}]}, "use `as`"),
        ({"having": [{"column": "points", "op": "gt", "value": 1}]}, "no column 'points'"),
        ({"order_by": [{"column": '"; DROP TABLE data; --'}]}, "no column"),
    ],
)
def test_what_cannot_be_grouped_is_refused_with_the_reason(work, params, message):
    with pytest.raises(InvalidInput, match=message):
        work.inline("aggregate", ROWS, **params)


def test_sums_beyond_what_json_keeps_whole_are_numbers_in_a_chart(work):
    rows = [{"k": "a", "v": 2**62}, {"k": "a", "v": 2**62}, {"k": "b", "v": 1}]

    result = work.inline(
        "aggregate", rows, group_by=["k"], metrics=[{"fn": "sum", "column": "v", "as": "s"}]
    )

    assert result["preview"]["rows"] == [["a", str(2**63)], ["b", 1]]
    assert result["series"] == [{"name": "s", "points": [("a", float(2**63)), ("b", 1)]}]
