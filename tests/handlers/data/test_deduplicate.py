import pytest

ROWS = [
    {"n": 1, "k": "a", "v": None},
    {"n": 2, "k": "A ", "v": None},
    {"n": 3, "k": "b", "v": 1},
    {"n": 4, "k": "a", "v": None},
    {"n": 5, "k": None, "v": 1},
    {"n": 6, "k": None, "v": 1},
]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"columns": ["k", "v"]}, [1, 2, 3, 5]),
        ({"columns": ["k", "v"], "keep": "last"}, [2, 3, 4, 6]),
        ({"columns": ["k", "v"], "keep": "none"}, [2, 3]),
        ({"columns": ["k"], "loose": True}, [1, 3, 5]),
        ({"columns": ["v"]}, [1, 3]),
    ],
)
def test_one_of_the_rows_that_are_the_same_is_kept_in_its_place(work, params, expected):
    result = work.inline("deduplicate", ROWS, **params)

    assert [row[0] for row in result["preview"]["rows"]] == expected
    assert result["duplicates"]["removed"] == len(ROWS) - len(expected)


def test_the_largest_groups_are_shown(work):
    facts = work.inline("deduplicate", ROWS, columns=["k", "v"])["duplicates"]

    assert facts["groups"] == 2
    assert facts["largest"] == [
        {"rows": 2, "values": {"k": "a", "v": None}},
        {"rows": 2, "values": {"k": None, "v": 1}},
    ]
