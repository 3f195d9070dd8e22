import pytest

from taskforge.core.failures import InvalidInput

ROWS = [
    {"id": 1, "mail": "a@b.c", "age": 30, "kind": "x", "text": "12"},
    {"id": 2, "mail": "none", "age": 130, "kind": "y", "text": "1.5"},
    {"id": 2, "mail": None, "age": None, "kind": "z", "text": "x"},
    {"id": 4, "mail": "d@e.f", "age": -1, "kind": None, "text": None},
]


@pytest.mark.parametrize(
    ("rule", "failed", "examples"),
    [
        ({"column": "mail", "rule": "not_null"}, [3], []),
        ({"column": "id", "rule": "unique"}, [2, 3], ["2"]),
        ({"column": "age", "rule": "between", "low": 0, "high": 120}, [2, 4], ["-1", "130"]),
        ({"column": "age", "rule": "between", "low": 0}, [4], ["-1"]),
        ({"column": "kind", "rule": "between", "high": "y"}, [3], ["z"]),
        ({"column": "mail", "rule": "regex", "pattern": "[^@]+@[^@]+"}, [2], ["none"]),
        ({"column": "id", "rule": "regex", "pattern": "[12]"}, [4], ["4"]),
        ({"column": "kind", "rule": "in_set", "values": ["x", "y"]}, [3], ["z"]),
        ({"column": "text", "rule": "type", "type": "integer"}, [3], ["x"]),
        ({"column": "text", "rule": "type", "type": "number"}, [3], ["x"]),
        ({"column": "text", "rule": "type", "type": "text"}, [], []),
    ],
)
def test_each_rule_finds_the_rows_that_break_it(work, rule, failed, examples):
    result = work.inline("validate", ROWS, rules=[rule])

    facts = result["validation"]
    assert [row[0] for row in result["preview"]["rows"]] == failed
    assert facts["valid"] is not failed
    assert facts["valid"] == (not failed)
    assert facts["rules"] == [
        {"column": rule["column"], "rule": rule["rule"], "ok": not failed, "failed": len(failed),
         "percent": 25.0 * len(failed), "examples": examples}
    ]  # fmt: skip


def test_a_row_names_all_the_rules_that_it_breaks(work):
    result = work.inline(
        "validate",
        ROWS,
        rules=[
            {"column": "mail", "rule": "not_null"},
            {"column": "ID", "rule": "unique"},
            {"column": "kind", "rule": "in_set", "values": ["x", "y", "z"]},
        ],
    )

    assert result["preview"]["columns"] == ["row", "broken", *ROWS[0]]
    assert result["preview"]["rows"] == [
        [2, "id: unique", *ROWS[1].values()],
        [3, "mail: not_null; id: unique", *ROWS[2].values()],
    ]
    assert (result["validation"]["passed"], result["validation"]["failed_rows"]) == (1, 2)


def test_columns_named_like_our_own_are_kept(work):
    rows = [{"row": None, "broken": 1, "broken_0": 2}]

    result = work.inline("validate", rows, rules=[{"column": "row", "rule": "not_null"}])

    assert result["preview"] == {
        "columns": ["row_", "broken_", "row", "broken", "broken_0"],
        "rows": [[1, "row: not_null", None, 1, 2]],
    }


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"column": "mail", "rule": "regex", "pattern": "("}, "not one that RE2 takes: missing"),
        ({"column": "mail", "rule": "regex", "pattern": "(?<=a)b"}, "not one that RE2 takes"),
        ({"column": "mail", "rule": "regex", "pattern": r"(a)\1"}, "not one that RE2 takes"),
        ({"column": "age", "rule": "between", "low": "old"}, "numbers only"),
        ({"column": "aeg", "rule": "not_null"}, "Did you mean 'age'"),
    ],
)
def test_rules_that_cannot_be_checked_are_refused_with_the_reason(work, rule, message):
    with pytest.raises(InvalidInput, match=message):
        work.inline("validate", ROWS, rules=[rule])


def test_a_pattern_that_would_take_for_ever_elsewhere_is_quick(work):
    rows = [{"t": "a" * 5_000 + "!"}]

    result = work.inline(
        "validate", rows, rules=[{"column": "t", "rule": "regex", "pattern": "(a*)*(a|aa)+b"}]
    )

    assert result["validation"]["failed_rows"] == 1
    assert len(result["validation"]["rules"][0]["examples"][0]) == 100
