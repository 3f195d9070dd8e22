import random
import statistics

import pytest

from taskforge.core.failures import InvalidInput

DICE = random.Random(5)
ROWS = [
    {"x": x, "y": 3 * x + DICE.randint(0, 20), "z": -(x**3), "c": 1, "s": "t"} for x in range(50)
]


def matrix(result):
    facts = result["correlation"]
    names = facts["columns"]
    return {(a, b): facts["matrix"][i][j] for i, a in enumerate(names) for j, b in enumerate(names)}


def ranks(values):
    """Equal values share the mean of their places."""
    places = sorted(values)
    return [places.index(value) + (places.count(value) + 1) / 2 for value in values]


def test_every_pair_is_what_plain_python_says(work):
    found = matrix(work.inline("correlate", ROWS, columns=["x", "y", "z"]))

    for a, b in found:
        left, right = ([row[name] for row in ROWS] for name in (a, b))
        assert found[a, b] == pytest.approx(statistics.correlation(left, right))


def test_ranks_see_what_rises_and_falls_together(work):
    result = work.inline("correlate", ROWS, columns=["x", "y", "z"], method="spearman")

    found = matrix(result)
    assert found["x", "z"] == pytest.approx(-1)
    expected = statistics.correlation(*(ranks([row[name] for row in ROWS]) for name in "xy"))
    assert found["x", "y"] == pytest.approx(expected)
    assert result["preview"]["rows"][0][:2] == ["x", "z"]


def test_a_constant_column_correlates_with_nothing(work):
    result = work.inline("correlate", ROWS)

    assert matrix(result)["x", "c"] is None
    assert "no correlation with 'c'" in result["warnings"][0]


def test_rows_that_have_both_are_counted(work):
    rows = [{"a": 1, "b": 2}, {"a": 2, "b": None}, {"a": 3, "b": 5}, {"a": None, "b": 4}]

    result = work.inline("correlate", rows)

    assert result["preview"]["rows"] == [["a", "b", pytest.approx(1), 2]]


def test_only_so_many_columns_are_compared(work):
    rows = [{f"c{n}": (n * k) % 7 for n in range(30)} for k in range(9)]

    result = work.inline("correlate", rows)

    assert len(result["correlation"]["columns"]) == 20
    assert "first 20 of 30" in result["warnings"][0]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"columns": ["x"]}, "Two columns"),
        ({"columns": ["x", "s"]}, "needs numbers; 's' is VARCHAR"),
        ({"columns": ["x", "X"]}, "named twice"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(work, params, message):
    with pytest.raises(InvalidInput, match=message):
        work.inline("correlate", ROWS, **params)
