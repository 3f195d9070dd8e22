from datetime import datetime, timedelta

import pytest

from taskforge.core.failures import InvalidInput

CSV = """at,team,v
2025-01-01 00:10,a,1
2025-01-01 00:50,a,2
2025-01-01 01:30,b,10
2025-01-01 04:59,a,5
,a,99
"""


def series(work, **params):
    (work.folder / "t.csv").write_text(CSV)
    return work("timeseries", {"file": "t.csv"}, params=params)


def hours(result):
    return [(row[0][11:13], row[-1]) for row in result["preview"]["rows"]]


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        ("none", [("00", 3), ("01", 10), ("04", 5)]),
        ("null", [("00", 3), ("01", 10), ("02", None), ("03", None), ("04", 5)]),
        ("zero", [("00", 3), ("01", 10), ("02", 0), ("03", 0), ("04", 5)]),
        ("previous", [("00", 3), ("01", 10), ("02", 10), ("03", 10), ("04", 5)]),
        ("linear", [("00", 3), ("01", 10), ("02", 25 / 3), ("03", 20 / 3), ("04", 5)]),
    ],
)
def test_buckets_without_rows_are_filled_as_asked(work, fill, expected):
    result = series(work, every="hour", fill=fill)

    found = hours(result)
    assert [hour for hour, _ in found] == [hour for hour, _ in expected]
    assert [value for _, value in found] == [
        value if value is None else pytest.approx(value) for _, value in expected
    ]


def test_points_are_ready_for_a_chart(work):
    result = series(work, every="6 hours", fn="count")

    assert result["series"] == [{"name": "count", "points": [("2025-01-01T00:00:00", 4)]}]
    assert result["timeseries"] == {
        "time": "at", "value": None, "fn": "count", "every": "6 hours", "fill": "null",
        "buckets": 1, "split_by": None,
    }  # fmt: skip


def test_each_value_of_a_column_is_a_line(work):
    result = series(work, every="hour", split_by="team", fill="zero")

    lines = {line["name"]: [y for _, y in line["points"]] for line in result["series"]}
    assert lines == {"a": [3, 0, 0, 0, 5], "b": [0, 10, 0, 0, 0]}


def test_the_most_frequent_values_are_lines(work):
    rows = "".join(f"2025-01-01,t{n},{n}\n" * (n + 1) for n in range(10))
    (work.folder / "t.csv").write_text(f"day,team,v\n{rows}")

    result = work("timeseries", {"file": "t.csv"}, params={"split_by": "team"})

    assert sorted(line["name"] for line in result["series"]) == [f"t{n}" for n in range(2, 10)]
    assert "8 most frequent values of 'team'" in result["warnings"][0]


def test_buckets_suit_the_span_when_nobody_has_said(work, sales_order):
    result = work("timeseries", rows=3_000)

    days = {}
    for i in range(3_000):
        row = sales_order(i, 42)
        day = row[1].replace(hour=0, minute=0, second=0)
        days[day.isoformat()] = days.get(day.isoformat(), 0) + row[9]
    assert result["timeseries"]["every"] == "day"
    assert dict(result["series"][0]["points"]) == {day: c / 100 for day, c in days.items()}


def test_weeks_begin_on_monday_and_months_on_the_first(work):
    start = datetime(2025, 1, 1)  # noqa: DTZ001 - the file has no zone
    rows = "".join(f"{start + timedelta(days=day)},1\n" for day in range(59))
    (work.folder / "t.csv").write_text(f"at,v\n{rows}")

    weeks = work("timeseries", {"file": "t.csv"}, params={"every": "week"})
    months = work("timeseries", {"file": "t.csv"}, params={"every": "month"})

    assert weeks["preview"]["rows"][:2] == [["2024-12-30T00:00:00", 5], ["2025-01-06T00:00:00", 7]]
    assert months["preview"]["rows"] == [["2025-01-01T00:00:00", 31], ["2025-02-01T00:00:00", 28]]


@pytest.mark.parametrize(
    ("csv", "params", "message"),
    [
        ("a,v\nx,1\n", {}, "no dates or timestamps"),
        ("a,v\nx,1\n", {"time": "a"}, "needs dates or timestamps; 'a' is VARCHAR"),
        ("a,v\n2025-01-01,x\n", {"fn": "sum"}, "no column of numbers"),
        ("a,v\n2025-01-01,x\n", {"value": "v"}, "needs numbers; 'v' is VARCHAR"),
        ("a,v\n2025-01-01,x\n", {"value": "v", "fn": "max"}, "needs numbers; 'v' is VARCHAR"),
        ("a,v\n1025-01-01,1\n2025-01-01,1\n", {"every": "hour"}, "Use 'quarter' or longer"),
        ("a,v\ninfinity,1\n", {"time": "a"}, "needs dates|has no times"),
    ],
)
def test_what_has_no_course_is_refused_with_the_reason(work, csv, params, message):
    (work.folder / "t.csv").write_text(csv)

    with pytest.raises(InvalidInput, match=message):
        work("timeseries", {"file": "t.csv"}, params=params)
