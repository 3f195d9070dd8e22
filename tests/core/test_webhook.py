"""When a webhook is tried again, and how it is signed."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from taskforge.core.seal import Unsealable, seal, unseal
from taskforge.core.webhook import (
    BREAK_AFTER,
    BREAK_LIMIT,
    DELAYS,
    DISABLE_AFTER,
    Called,
    Course,
    break_for,
    delay_after,
    new_secret,
    patience,
    signatures,
)

FAILED = Called(status=500)


@pytest.mark.parametrize("attempts", range(1, len(DELAYS)))
def test_each_failure_waits_longer_with_at_most_a_tenth_of_jitter(attempts):
    wanted = DELAYS[attempts]

    delays = [delay_after(attempts, FAILED) for _ in range(50)]

    assert all(delay is not None and wanted <= delay <= wanted * 1.1 for delay in delays)


def test_the_tries_end_after_the_last_delay():
    assert delay_after(len(DELAYS), FAILED) is None


@pytest.mark.parametrize("called", [Called(error="blocked"), Called(status=410)])
def test_what_cannot_be_helped_is_not_tried_again(called):
    assert delay_after(1, called) is None


def test_a_receiver_that_asks_for_patience_gets_it_up_to_a_day():
    assert delay_after(1, Called(status=429, retry_after=900)) == 900
    assert delay_after(1, Called(status=503, retry_after=10**9)) == 86_400


def test_a_receiver_is_left_alone_for_longer_and_longer():
    pauses = [break_for(failures, FAILED) for failures in range(1, 60)]

    assert pauses[: BREAK_AFTER - 1] == [0.0] * (BREAK_AFTER - 1)
    assert pauses[BREAK_AFTER - 1 :] == sorted(pauses[BREAK_AFTER - 1 :])
    assert pauses[-1] == BREAK_LIMIT


@pytest.mark.parametrize(("status", "delivered"), [(199, False), (204, True), (302, False)])
def test_only_2xx_is_success(status, delivered):
    assert Called(status=status).delivered is delivered


NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
PATIENCE = {
    "120": 120,
    " 7.5 ": 7.5,
    "-5": 0,
    "nan": 0,
    "1e400": float("inf"),
    "Sat, 31 Jan 2026 08:05:00 GMT": 300,
    "Sat, 31 Jan 2026 08:05:00": 300,
    "Sat, 31 Jan 2026 10:05:00 +0200": 300,
    "Fri, 30 Jan 2026 08:00:00 GMT": 0,
    "Sat, 31 Jan 99999 08:00:00 GMT": None,
    "Sat, 31 Jan 2026 08:00:00 +99999999999999999": None,
    "soon": None,
    "": None,
}


@pytest.mark.parametrize(("asked", "seconds"), PATIENCE.items(), ids=PATIENCE)
def test_patience_is_asked_for_in_seconds_or_by_a_date(asked, seconds):
    assert patience(asked, NOW) == seconds
    assert patience(None, NOW) is None


@given(st.text())
def test_whatever_is_asked_for_the_next_try_comes_within_a_day_and_a_pause_ends(asked):
    called = Called(status=429, retry_after=patience(asked, NOW))

    assert 0 <= (delay_after(1, called) or 0) <= 86_400
    assert 0 <= break_for(1, called) <= BREAK_LIMIT


def test_three_failures_in_a_row_bring_a_pause_and_a_success_forgets_them():
    course = Course(failures=1)

    course.add(FAILED)
    paused_after_two = course.ended
    course.add(Called(status=200))
    course.add(FAILED)
    once = (course.failures, course.ended)
    for _ in range(2):
        course.add(FAILED)

    assert (paused_after_two, once) == (False, (1, False))
    assert (course.failures, course.pause, course.reason) == (3, 5.0, None)
    assert course.succeeded
    assert course.failed


@pytest.mark.parametrize(
    ("failures", "called", "reason"),
    [
        (0, Called(status=410), "it answered 410 Gone"),
        (DISABLE_AFTER - 2, FAILED, None),
        (DISABLE_AFTER - 1, FAILED, "50 failures in a row"),
        (DISABLE_AFTER - 1, Called(status=204), None),
    ],
    ids=["gone", "49th", "50th", "well"],
)
def test_a_receiver_ends_by_its_own_word_or_after_fifty_failures(failures, called, reason):
    course = Course(failures)

    course.add(called)

    assert course.reason == reason


def test_receivers_with_either_secret_accept_the_signatures():
    new, old = new_secret(), new_secret()
    body = '{"word":"ünï"}'.encode()
    now = int(time.time())
    headers = {
        "webhook-id": "msg-1",
        "webhook-timestamp": str(now),
        "webhook-signature": signatures([new, old], "msg-1", now, body),
    }

    assert Webhook(new).verify(body, headers) == {"word": "ünï"}
    assert Webhook(old).verify(body, headers) == {"word": "ünï"}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body + b" ", headers)


def test_a_sealed_text_opens_for_its_key_purpose_and_owner_alone():
    sealed = seal("k" * 32, "whsec_x", purpose="p", owner="ann")

    assert unseal("k" * 32, sealed, purpose="p", owner="ann") == "whsec_x"
    for key, purpose, owner in (
        ("x" * 32, "p", "ann"),
        ("k" * 32, "q", "ann"),
        ("k" * 32, "p", "b"),
    ):
        with pytest.raises(Unsealable):
            unseal(key, sealed, purpose=purpose, owner=owner)


@pytest.mark.parametrize("sealed", ["", "v1.", "v1.!!", "v2.AAAA", "v1." + "A" * 40])
def test_what_was_never_sealed_does_not_open(sealed):
    with pytest.raises(Unsealable):
        unseal("k" * 32, sealed, purpose="p", owner="ann")


def test_the_same_text_is_sealed_differently_each_time():
    assert seal("k" * 32, "x", purpose="p", owner="o") != seal(
        "k" * 32, "x", purpose="p", owner="o"
    )
