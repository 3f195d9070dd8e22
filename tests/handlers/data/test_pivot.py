from collections import defaultdict

import pytest

from taskforge.core.failures import InvalidInput

ROWS = [
    {"team": "a", "half": "one", "v": 1},
    {"team": "a", "half": "two", "v": 2},
    {"team": "a", "half": "two", "v": 3},
    {"team": "b", "half": "one", "v": 4},
    {"team": "b", "half": None, "v": 5},
]


def test_a_cell_holds_the_figure_of_its_row_and_column(work):
    result = work.inline(
        "pivot", ROWS, rows=["team"], columns="half", metric={"fn": "sum", "column": "v"}
    )

    assert result["preview"] == {
        "columns": ["team", "one", "two", "null"],
        "rows": [["a", 1, 5, None], ["b", 4, None, 5]],
    }
    assert result["series"][0] == {"name": "one", "points": [("a", 1), ("b", 4)]}


def test_sales_are_turned_as_plain_python_does(work, sales_order):
    cells = defaultdict(int)
    for i in range(2_000):
        row = sales_order(i, 42)
        cells[row[4], row[2]] += 1

    result = work(
        "pivot",
        rows=2_000,
        params={"rows": ["product"], "columns": "region", "metric": {"fn": "count"}},
    )

    names = result["preview"]["columns"][1:]
    found = {
        (row[0], name): value
        for row in result["preview"]["rows"]
        for name, value in zip(names, row[1:], strict=True)
    }
    assert found == {(p, r): cells[p, r] for p, r in found}
    assert sum(found.values()) == 2_000


def test_sides_are_chosen_when_nobody_has_said(work):
    facts = work("pivot", rows=2_000)["pivot"]

    assert (facts["rows"], facts["columns"]) == (["region"], "product")
    assert facts["metric"] == "sum_revenue"


def test_the_most_frequent_values_become_columns(work):
    rows = [{"k": "x", "c": f"c{n}"} for n in range(9) for _ in range(n + 1)]

    result = work.inline(
        "pivot", rows, rows=["k"], columns="c", metric={"fn": "count"}, max_columns=2
    )

    assert result["preview"] == {"columns": ["k", "c7", "c8"], "rows": [["x", 8, 9]]}
    assert "2 most frequent of 9" in result["warnings"][0]


def test_values_that_differ_in_case_only_become_columns_of_their_own(work):
    rows = [{"k": "x", "c": c} for c in ("Web", "web", "", "k", '"; DROP TABLE data; --')]

    result = work.inline("pivot", rows, rows=["k"], columns="c", metric={"fn": "count"})

    assert sorted(result["preview"]["columns"]) == sorted(
        ["k", "(empty)", '"; DROP TABLE data; --', "Web", "k_", "web_"]
    )
    assert result["preview"]["rows"][0][1:] == [1] * 5


@pytest.mark.parametrize(
    ("rows", "params", "message"),
    [
        ([{"n": 1}], {}, "No columns suit"),
        (ROWS, {"rows": ["team"], "columns": "team"}, "both in `rows` and in `columns`"),
        (ROWS, {"rows": ["taem"], "columns": "half"}, "Did you mean 'team'"),
    ],
)
def test_what_cannot_be_turned_is_refused_with_the_reason(work, rows, params, message):
    with pytest.raises(InvalidInput, match=message):
        work.inline("pivot", rows, **params)
