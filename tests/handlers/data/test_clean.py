import pytest

from taskforge.core.failures import InvalidInput

ROWS = [
    {"name": " Ada ", "age": "36", "score": 1.0, "day": "2025-01-02", "ok": "true"},
    {"name": "Ben\t", "age": "x", "score": None, "day": "soon", "ok": "false"},
    {"name": "  ", "age": " 40", "score": 4.0, "day": None, "ok": "maybe"},
    {"name": "Ada", "age": None, "score": 4.0, "day": "2025-03-01", "ok": None},
]


def column(result, name):
    place = result["preview"]["columns"].index(name)
    return [row[place] for row in result["preview"]["rows"]]


def steps(result, step):
    return {each["column"]: each for each in result["cleaned"]["steps"] if each["step"] == step}


def test_texts_are_trimmed_and_blanks_become_nulls(work):
    result = work.inline("clean", ROWS)

    assert column(result, "name") == ["Ada", "Ben", None, "Ada"]
    assert steps(result, "trim")["name"]["cells"] == 3
    assert result["cleaned"]["dropped_rows"] == 0


def test_texts_are_left_as_they_are_when_asked(work):
    result = work.inline("clean", ROWS, trim=False, blank_to_null=False)

    assert column(result, "name") == [row["name"] for row in ROWS]
    assert result["cleaned"]["steps"] == []


def test_columns_are_read_as_what_they_are_said_to_be(work):
    result = work.inline(
        "clean",
        ROWS,
        cast=[
            {"column": "age", "to": "integer"},
            {"column": "day", "to": "date"},
            {"column": "ok", "to": "boolean"},
        ],
    )

    assert column(result, "age") == [36, None, 40, None]
    assert column(result, "day") == ["2025-01-02", None, None, "2025-03-01"]
    assert column(result, "ok") == [True, False, None, None]
    assert {name: step["lost"] for name, step in steps(result, "cast").items()} == {
        "age": 1, "day": 1, "ok": 1,
    }  # fmt: skip
    assert "1 values of 'age' cannot be read as integer" in result["warnings"][0]


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        ({"column": "score", "value": 9}, [1, 9, 4, 4]),
        ({"column": "score", "with": "mean"}, [1, 3, 4, 4]),
        ({"column": "score", "with": "median"}, [1, 4, 4, 4]),
        ({"column": "score", "with": "mode"}, [1, 4, 4, 4]),
        ({"column": "score", "with": "previous"}, [1, 1, 4, 4]),
        ({"column": "name", "value": "it's"}, ["Ada", "Ben", "it's", "Ada"]),
        ({"column": "name", "with": "mode"}, ["Ada", "Ben", "Ada", "Ada"]),
        ({"column": "name", "with": "previous"}, ["Ada", "Ben", "Ben", "Ada"]),
    ],
)
def test_nulls_are_filled(work, fill, expected):
    result = work.inline("clean", ROWS, fill=[fill])

    assert column(result, fill["column"]) == expected
    assert steps(result, "fill")[fill["column"]]["cells"] == 1


def test_rows_with_nulls_are_dropped_after_filling(work):
    result = work.inline(
        "clean",
        ROWS,
        fill=[{"column": "score", "value": 0}],
        drop_nulls=["name", "score", "day"],
    )

    assert column(result, "day") == ["2025-01-02", "soon", "2025-03-01"]
    assert result["cleaned"]["dropped_rows"] == 1


def test_columns_are_renamed(work):
    rename = [{"column": "NAME", "to": 'full "name"'}, {"column": "age", "to": "name"}]

    result = work.inline("clean", ROWS, rename=rename)

    assert result["preview"]["columns"] == ['full "name"', "name", "score", "day", "ok"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"drop_nulls": ["nmae"]}, "Did you mean 'name'"),
        ({"cast": [{"column": "age", "to": "integer"}] * 2}, "named twice"),
        ({"fill": [{"column": "name", "with": "mean"}]}, "needs numbers; 'name' is VARCHAR"),
        ({"fill": [{"column": "score", "value": "much"}]}, "numbers only"),
        (
            {
                "cast": [{"column": "age", "to": "integer"}],
                "fill": [{"column": "age", "value": 1e300}],
            },
            "does not fit|cannot be filled",
        ),
        ({"rename": [{"column": "age", "to": "NAME"}]}, "are named"),
    ],
)
def test_what_cannot_be_cleaned_is_refused_with_the_reason(work, params, message):
    with pytest.raises(InvalidInput, match=message):
        work.inline("clean", ROWS, **params)


def test_a_column_named_like_our_own_is_kept(work):
    rows = [{"row": " a ", "rowid": 2}, {"row": None, "rowid": 1}]

    result = work.inline("clean", rows, fill=[{"column": "row", "with": "previous"}])

    assert result["preview"] == {"columns": ["row", "rowid"], "rows": [["a", 2], ["a", 1]]}
