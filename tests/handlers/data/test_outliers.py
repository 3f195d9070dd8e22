import statistics

import pytest

from taskforge.core.failures import InvalidInput

VALUES = [*range(1, 101), 500, -300]
ROWS = [{"n": n, "v": value} for n, value in enumerate(VALUES)]


def test_quartiles_bound_what_is_usual(work):
    q1, median, q3 = statistics.quantiles(VALUES, n=4, method="inclusive")

    result = work.inline("outliers", ROWS)

    facts = result["outliers"]
    assert (facts["column"], facts["method"], facts["k"]) == ("v", "iqr", 1.5)
    assert facts["low"] == pytest.approx(q1 - 1.5 * (q3 - q1))
    assert facts["high"] == pytest.approx(q3 + 1.5 * (q3 - q1))
    assert facts["box"]["median"] == median
    assert result["preview"]["columns"] == ["n", "v", "row", "score"]
    assert [row[1:3] for row in result["preview"]["rows"]] == [[500, 101], [-300, 102]]
    assert result["series"] == [{"name": "v", "points": [(101, 500), (102, -300)]}]


def test_standard_deviations_bound_what_is_usual(work):
    mean, deviation = statistics.fmean(VALUES), statistics.pstdev(VALUES)

    result = work.inline("outliers", ROWS, column="v", method="zscore", k=4)

    assert result["outliers"]["high"] == pytest.approx(mean + 4 * deviation)
    scores = [row[3] for row in result["preview"]["rows"]]
    assert scores == pytest.approx([(v - mean) / deviation for v in (500, -300)], abs=1e-4)


def test_median_deviations_bound_what_is_usual(work):
    median = statistics.median(VALUES)
    mad = statistics.median(abs(value - median) for value in VALUES)

    facts = work.inline("outliers", ROWS, method="mad")["outliers"]

    assert facts["low"] == pytest.approx(median - 3.5 * 1.4826 * mad)
    assert facts["rows"] == 2
    assert facts["percent"] == pytest.approx(100 * 2 / len(ROWS), abs=1e-4)


@pytest.mark.parametrize("method", ["iqr", "mad"])
def test_values_that_are_mostly_equal_are_told(work, method):
    rows = [{"v": 1}] * 9 + [{"v": 2}]

    result = work.inline("outliers", rows, method=method)

    assert result["outliers"]["rows"] == 1
    assert "half of the values are equal" in result["warnings"][0]


@pytest.mark.parametrize("method", ["iqr", "zscore", "mad"])
def test_values_that_are_all_equal_have_none(work, method):
    result = work.inline("outliers", [{"v": 7}] * 5, method=method)

    assert result["outliers"]["rows"] == 0
    assert result["warnings"] == []


@pytest.mark.parametrize(
    ("rows", "params", "message"),
    [
        ([{"s": "x"}], {}, "no column of numbers"),
        ([{"s": "x", "n": 1}], {"column": "s"}, "needs numbers; 's' is VARCHAR"),
        ([{"n": 1.0}, {"n": None}], {"column": "m"}, "no column 'm'"),
        ([{"x": 1e308}, {"x": -1e308}], {"method": "zscore"}, "to be compared"),
    ],
)
def test_what_has_no_outliers_is_refused_with_the_reason(work, rows, params, message):
    with pytest.raises(InvalidInput, match=message):
        work.inline("outliers", rows, **params)


def test_a_column_without_values_is_refused(work):
    (work.folder / "n.csv").write_text("n,m\nnan,1\n")

    with pytest.raises(InvalidInput, match="'n' has no values"):
        work("outliers", {"file": "n.csv"}, params={"column": "n"})
