import pytest

from taskforge.core.failures import InvalidInput

ROWS = [
    {"n": 1, "x": 0.5, "s": "apple", "t": True, "d": "2025-01-01"},
    {"n": 2, "x": 1.5, "s": "pear", "t": False, "d": "2025-02-01"},
    {"n": 3, "x": 2.5, "s": "pine%apple", "t": None, "d": None},
    {"n": 4, "x": None, "s": None, "t": True, "d": "2025-04-01"},
]


def kept(work, *where, **params):
    result = work.inline(
        "filter",
        ROWS,
        where=[dict(zip(("column", "op", "value"), w, strict=False)) for w in where],
        **params,
    )
    return [row[0] for row in result["preview"]["rows"]]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("n", "eq", 2), [2]),
        (("n", "ne", 2), [1, 3, 4]),
        (("n", "lt", 2.5), [1, 2]),
        (("n", "le", "2"), [1, 2]),
        (("x", "gt", 1), [2, 3]),
        (("x", "ge", 1.5), [2, 3]),
        (("n", "in", [1, 4, 9]), [1, 4]),
        (("n", "not_in", [1, 4]), [2, 3]),
        (("n", "between", [2, 3]), [2, 3]),
        (("s", "contains", "%"), [3]),
        (("s", "starts_with", "p"), [2, 3]),
        (("s", "ends_with", "apple"), [1, 3]),
        (("n", "contains", 3), [3]),
        (("s", "gt", "b"), [2, 3]),
        (("s", "eq", "x' OR '1'='1"), []),
        (("t", "eq", True), [1, 4]),
        (("t", "ne", "true"), [2]),
        (("x", "is_null"), [4]),
        (("x", "not_null"), [1, 2, 3]),
        (("N", "eq", 2), [2]),
    ],
)
def test_each_comparison_keeps_what_it_says(work, condition, expected):
    assert kept(work, condition) == expected


def test_conditions_are_joined_as_asked(work):
    conditions = [("n", "ge", 2), ("s", "contains", "pp")]

    assert kept(work, *conditions) == [3]
    assert kept(work, *conditions, match="any") == [1, 2, 3, 4]


def test_columns_and_order_are_those_asked_for(work):
    result = work.inline(
        "filter", ROWS, columns=["s", "n"], order_by=[{"column": "s", "desc": True}]
    )

    assert result["preview"] == {
        "columns": ["s", "n"],
        "rows": [["pine%apple", 3], ["pear", 2], ["apple", 1], [None, 4]],
    }
    assert result["matched"] == {"rows": 4, "percent": 100.0}
    assert "every row" in result["warnings"][0]


def test_sales_are_filtered_as_plain_python_does(work, sales_order):
    rows = [sales_order(i, 5) for i in range(2_000)]
    expected = [row[0] for row in rows if row[10] is None and row[1].month == 3 and row[8] == 10]

    result = work(
        "filter",
        rows=2_000,
        seed=5,
        params={
            "where": [
                {"column": "channel", "op": "is_null"},
                {"column": "ordered_at", "op": "ge", "value": "2025-03-01"},
                {"column": "discount", "op": "eq", "value": 0.1},
            ]
        },
    )

    assert [row[0] for row in result["preview"]["rows"]] == expected
    assert result["rows_out"] == len(expected) > 0
    assert result["matched"]["percent"] == pytest.approx(len(expected) / 20)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (("m", "eq", 2), "no column 'm'"),
        (("n", "eq", "two"), "compared with numbers"),
        (("n", "eq", True), "compared with numbers"),
        (("n", "eq", "inf"), "compared with numbers"),
        (("t", "eq", "perhaps"), "does not fit column 't'"),
    ],
)
def test_a_value_that_a_column_cannot_hold_is_refused(work, condition, message):
    with pytest.raises(InvalidInput, match=message):
        kept(work, condition)


def test_a_value_that_is_no_time_is_refused(work):
    where = [{"column": "ordered_at", "op": "lt", "value": "yesterday"}]

    with pytest.raises(InvalidInput, match="'yesterday' does not fit column 'ordered_at'"):
        work("filter", rows=10, params={"where": where})
