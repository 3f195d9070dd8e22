"""Which failures count as alike."""

import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taskforge.core.failures import ErrorClass, ErrorRecord
from taskforge.core.fingerprint import (
    LOOKED_AT,
    TITLE_LIMIT,
    fingerprint,
    marked,
    normalise,
)

TRACE = """Traceback (most recent call last):
  File "{root}/taskforge/flows/attempt.py", line 12, in _call
  File "{root}/shop/orders.py", line {line}, in {function}
ValueError: no such order
"""


def error(message: str = "boom", **fields: Any) -> ErrorRecord:
    standard: dict[str, Any] = {"class_": ErrorClass.TARGET_ERROR, "kind": "TargetError"}
    return ErrorRecord(message=message, **standard | fields)


def trace(*, root: str = "/srv/a", line: int = 7, function: str = "charge") -> str:
    return TRACE.format(root=root, line=line, function=function)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Host 'a.example' gave 503 after 1.2 s", "Host <text> gave <n> after <n> s"),
        ("cannot open /srv/in/2024-01-01/x.csv: no such file", "cannot open <path>: no such file"),
        ("C:\\in\\b.csv, ~/x and ./y", "<path>, <path> and <path>"),
        ("db.example.com:5432 and 10.0.0.3:443 refused", "<host> and <host> refused"),
        ("[fe80::1]:80 or ::1 at 12:34:56", "<host> or <host> at <n>:<n>:<n>"),
        ("job 0190a1b2-0000-7000-8000-000000000001 ended", "job <id> ended"),
        ("at 2026-01-31T08:00:00.5+01:00 it said", "at <time> it said"),
        ("https://x.example/a?b=c gave 404", "<url> gave <n>"),
        ("mail to ann+x@example.com bounced", "mail to <email> bounced"),
        ("digest 9f2c41d0a7b35e68, address 0x7f12", "digest <id>, address <id>"),
        ("can't and/or won't read utf8 in table_7", "can't and/or won't read utf8 in table_7"),
        ("two\n  lines\tof it ", "two lines of it"),
    ],
)
def test_what_varies_from_job_to_job_is_replaced_by_what_it_is(message, said):
    assert normalise(message) == said


def test_failures_that_differ_in_numbers_and_lines_alone_are_alike():
    first = error("order 17 failed", traceback=trace(root="/srv/a", line=7))
    second = error("order 18,000 failed", traceback=trace(root="/opt/b/venv", line=9))

    assert fingerprint("email", first) == fingerprint("email", second)
    assert marked("email", first).fingerprint == fingerprint("email", second)


@pytest.mark.parametrize(
    ("job_type", "other"),
    [
        ("custom", error()),
        ("email", error("bang")),
        ("email", error(kind="OSError")),
        ("email", error(class_=ErrorClass.TIMEOUT)),
        ("email", error(traceback=trace())),
    ],
)
def test_another_type_class_kind_message_or_place_is_another_failure(job_type, other):
    assert fingerprint(job_type, other) != fingerprint("email", error())


def test_the_function_that_raised_tells_failures_apart():
    charged, refunded = (error(traceback=trace(function=it)) for it in ("charge", "refund"))

    assert fingerprint("email", charged) != fingerprint("email", refunded)


@given(st.text())
@example("'" * LOOKED_AT)
def test_any_message_has_a_short_title_and_a_fingerprint(message):
    title = normalise(message)

    assert len(title) <= TITLE_LIMIT
    assert "\n" not in title
    assert len(fingerprint("email", error(message, traceback=message))) == 16


@pytest.mark.parametrize("unit", ["'", "a", "a.", "a@", "/", "1.", "a-", "a1-", "[:", "x://", "é"])
def test_a_hostile_message_costs_no_more_than_a_moment(unit):
    hostile = error(unit * LOOKED_AT, traceback=f'  File "{unit}' * 3_000)

    began = time.process_time()
    fingerprint("email", hostile)

    assert time.process_time() - began < 0.1
