"""Times and spans as people type and read them."""

from datetime import UTC, datetime, timedelta

import pytest
import typer

from taskforge.cli.moments import age, moment, past, span, took

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("0", 0), ("1.5s", 1.5), ("5m", 300), ("2h", 7200), ("1d", 86400)],
)
def test_a_span_is_read(text, seconds):
    assert span(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "-1", "1w", "1 h", "nan", "inf", "1e9", "٣m", "9" * 40])
def test_what_is_no_span_is_usage(text):
    with pytest.raises(typer.BadParameter):
        span(text)


def test_a_moment_is_sent_in_utc():
    assert moment("2026-01-31T10:00:00+02:00") == NOW.isoformat()


@pytest.mark.parametrize("text", ["", "now", "2026-13-01", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_moment_is_usage(text):
    with pytest.raises(typer.BadParameter):
        moment(text)


def test_a_span_counts_back():
    before = datetime.now(UTC) - timedelta(hours=2)

    assert before <= datetime.fromisoformat(past("2h")) <= datetime.now(UTC) - timedelta(hours=2)


def test_too_long_ago_is_usage():
    with pytest.raises(typer.BadParameter):
        past("999999999d")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "250 ms"), (2, "2.0 s"), (61, "1 min"), (7200, "2 h"), (2e5, "2 d")],
)
def test_spans_are_told(seconds, text):
    assert took(seconds) == text
    assert age(NOW, NOW + timedelta(seconds=seconds)) == f"{text} ago"
    assert age(NOW + timedelta(seconds=seconds), NOW) == f"in {text}"
