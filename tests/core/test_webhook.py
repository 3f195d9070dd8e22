"""When a webhook is tried again, and how it is signed."""

import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from taskforge.core.seal import Unsealable, seal, unseal
from taskforge.core.webhook import (
    BREAK_AFTER,
    BREAK_LIMIT,
    DELAYS,
    Called,
    break_for,
    delay_after,
    new_secret,
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
