from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskforge.core.failures import (
    BlockedByPolicy,
    ErrorClass,
    ErrorRecord,
    InvalidInput,
    JobTimeout,
    NotConfigured,
    RateLimited,
    SandboxDied,
    TargetError,
)
from taskforge.core.retry import (
    MAX_CRASHES,
    MESSAGE_LIMIT,
    NO_HANDLER,
    SECOND_CRASH_DELAY,
    TRACE_LIMIT,
    Budget,
    RetryPolicy,
    after_crash,
    after_failure,
    backoff,
    describe,
    pass_on,
)
from taskforge.core.states import Move

POLICY = RetryPolicy()


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(("failures", "seconds"), [(1, 60), (2, 120), (3, 240), (4, 480)])
def test_the_delay_doubles_from_a_minute(failures, seconds):
    assert backoff(failures, POLICY, 0.0) == seconds


def test_the_jitter_adds_a_tenth_at_most():
    assert backoff(1, POLICY, 0.999999) == pytest.approx(66, abs=0.01)


@given(st.integers(1, 10**6), st.floats(0.001, 1e5), st.floats(0.001, 1e6), st.floats(0, 0.999))
def test_the_delay_is_never_above_the_cap_and_never_falls(failures, base, cap, chance):
    policy = RetryPolicy(base, cap, 0.1)

    delay = backoff(failures, policy, chance)

    assert 0 < delay <= cap
    assert backoff(failures + 1, policy, chance) >= delay


@pytest.mark.parametrize("error", [InvalidInput("x"), BlockedByPolicy("x"), NotConfigured("x")])
def test_what_a_retry_cannot_help_fails_at_once(error):
    verdict = after_failure(error, Budget(0, 25), POLICY)

    assert (verdict.move, verdict.failed) == (Move.FAIL, True)
    assert verdict.error
    assert verdict.error.class_ is error.error_class


@pytest.mark.parametrize(
    "error", [TargetError("x"), JobTimeout("x"), SandboxDied("x"), RuntimeError("x"), SystemExit(3)]
)
def test_anything_else_is_tried_again_while_the_budget_lasts(error):
    moves = [after_failure(error, Budget(n, 3), POLICY).move for n in range(5)]

    assert moves == [Move.RETRY] * 3 + [Move.BURY] * 2


def test_no_retries_means_one_try():
    assert after_failure(RuntimeError(), Budget(0, 0), POLICY).move is Move.BURY


@pytest.mark.parametrize(("asked", "given"), [(7.5, 7.5), (-3.0, 0.0), (1e9, 86_400.0)])
def test_a_rate_limit_names_its_own_delay_within_the_cap(asked, given):
    assert after_failure(RateLimited("x", retry_after=asked), Budget(0, 3), POLICY).delay == given


def test_a_job_that_was_asked_to_stop_stops_instead_of_retrying():
    verdict = after_failure(RuntimeError(), Budget(0, 3, cancel_requested=True), POLICY)

    assert (verdict.move, verdict.failed) == (Move.STOP, False)


def test_the_first_crash_queues_at_once_the_second_waits_the_third_buries():
    verdicts = [after_crash(Budget(n, 25, crashes=n)) for n in range(MAX_CRASHES)]

    assert [it.move for it in verdicts] == [Move.RELEASE, Move.RETRY, Move.BURY]
    assert [it.delay for it in verdicts] == [0.0, SECOND_CRASH_DELAY, 0.0]
    assert all(it.failed and it.crashed for it in verdicts)


def test_a_crash_uses_up_a_retry():
    assert after_crash(Budget(3, 3)).move is Move.BURY


def test_a_crashed_job_that_was_asked_to_stop_stops():
    assert after_crash(Budget(0, 3, cancel_requested=True)).move is Move.STOP


def test_an_error_without_words_is_named_by_its_class():
    assert describe(ValueError()).message == "ValueError"


def test_an_error_that_cannot_be_told_is_told_all_the_same():
    record = describe(Mute())

    assert (record.class_, record.kind) == (ErrorClass.INTERNAL, "Mute")
    assert "Mute" in record.message


def test_what_a_handler_meant_to_say_needs_no_trace():
    assert describe(TargetError("down")).traceback is None
    assert "RuntimeError: up" in (describe(RuntimeError("up")).traceback or "")


def test_a_long_and_strange_message_is_cut_and_cleaned():
    record = describe(RuntimeError("\x00\ud800" + "x" * 100_000))

    assert len(record.message) == MESSAGE_LIMIT
    assert record.message.encode()
    assert "\x00" not in record.message
    assert record.traceback
    assert len(record.traceback) <= TRACE_LIMIT


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def passed_on(seconds: float) -> ErrorRecord | None:
    """What the attempt before left of a job that has been passed on for so long."""
    return pass_on("too new", at=NOW - timedelta(seconds=seconds), before=None).error


@pytest.mark.parametrize(
    ("waited", "delay"), [(0, 10), (9, 10), (25, 25), (60, 60), (61, 60), (599.9, 60)]
)
def test_what_no_handler_takes_is_passed_on_for_as_long_as_it_has_been(waited, delay):
    verdict = pass_on("too new", at=NOW, before=passed_on(waited))

    assert (verdict.move, verdict.delay, verdict.failed) == (Move.RETRY, delay, False)
    assert verdict.error
    assert verdict.error.kind == NO_HANDLER
    assert "too new. Workers of another release" in verdict.error.message


def test_after_ten_minutes_it_fails_and_says_what_helps():
    verdict = pass_on("too new", at=NOW, before=passed_on(600))

    assert (verdict.move, verdict.failed) == (Move.FAIL, True)
    assert verdict.error
    assert verdict.error.class_ is ErrorClass.NOT_CONFIGURED
    assert "upgrade the workers" in verdict.error.message


def test_who_retries_it_by_hand_gives_it_ten_minutes_more():
    given_up = pass_on("too new", at=NOW, before=passed_on(600)).error

    again = pass_on("too new", at=NOW + timedelta(days=1), before=given_up)

    assert (again.move, again.delay) == (Move.RETRY, 10)


def test_a_failure_of_another_kind_begins_no_span():
    other = describe(TargetError("away"))

    assert pass_on("too new", at=NOW, before=other).move is Move.RETRY
