"""Rows are picked and locked once: never in `IN (SELECT … SKIP LOCKED)`.

PostgreSQL may put such a subquery inside a nested loop and run it again for every row outside; each
run skips what the one before locked, so a LIMIT holds for a run and not for the statement. `= ANY
(ARRAY(SELECT …))` and a materialized WITH run once, whatever the plan.
"""

import re

OPENS = re.compile(r"\bIN \(", re.IGNORECASE)


def test_no_statement_may_pick_its_rows_more_than_once(sources):
    guilty = [path.name for path, text in sources.items() if picks_again(text)]

    assert guilty == []


def test_the_rule_sees_a_subquery_that_locks():
    assert picks_again("WHERE id IN (\n SELECT lower(x) FROM t LIMIT 4 FOR UPDATE SKIP LOCKED)")
    assert not picks_again("WHERE id = ANY(ARRAY(SELECT id FROM t FOR UPDATE SKIP LOCKED))")
    assert not picks_again("status IN ('a') LIMIT 1 FOR UPDATE SKIP LOCKED")


def picks_again(text):
    return any("SKIP LOCKED" in inside(text, found.end()) for found in OPENS.finditer(text))


def inside(text, start):
    """What stands between a parenthesis and its partner."""
    depth = 1
    for end in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if not depth:
            return text[start:end]
    return ""
