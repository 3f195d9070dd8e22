import pytest

from taskforge.handlers.web.values import date, number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("£1,234.50", 1234.5), ("1.234,50 €", 1234.5), ("1,234", 1234), ("1.234", 1234),
        ("0.125", 0.125), ("0,125", 0.125), ("12", 12), ("-3.5 °C", -3.5), ("\N{MINUS SIGN}4", -4),
        ("3,5", 3.5),
        ("1 234 567,8", 1234567.8), ("1'000", 1000), ("1.2.3", 123), ("99.", 99), ("a 5 b 6", 5),
        ("1,234,567", 1234567), ("none", None), ("", None), ("9" * 30, None), ("-", None),
        ("1,234.567", 1234.567),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(text, expected):
    assert number(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02", "2026-01-02"), ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
        ("Mon, 02 Feb 2026 10:00:00 GMT", "2026-02-02T10:00:00+00:00"),
        ("2 January 2026", "2026-01-02"), ("Jan 3, 2026", "2026-01-03"),
        ("31.12.2025", "2025-12-31"), ("2025/12/31", "2025-12-31"),
        ("01/02/2026", None), ("soon", None), ("", None), ("32.12.2025", None), ("9" * 500, None),
    ],
)  # fmt: skip
def test_a_date_is_read_where_there_is_no_doubt(text, expected):
    assert date(text) == expected
