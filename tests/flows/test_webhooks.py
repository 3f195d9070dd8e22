"""What a webhook says, how it is signed, and what becomes of bad answers (T-64)."""

import dataclasses
import json

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook

from support.counting import counting
from support.hooks import STATES, cancelled, settled
from support.make import claimer, ending, order
from support.receiver import RESET, answer
from taskforge.core.errors import Invalid
from taskforge.core.failures import ErrorClass, ErrorRecord
from taskforge.core.states import Move
from taskforge.db.claims import claim
from taskforge.db.moves import settle
from taskforge.flows import control, deliveries, submit, tend
from taskforge.flows.webhooks import Courier


async def test_an_outcome_is_told_signed_and_thin(deps, plain, courier, receiver, ann):
    secret = (await deliveries.make_secret(deps, ann)).answer.secret
    [job_id] = await cancelled(deps, ann, receiver.url())

    await settled(courier, plain)

    [call] = receiver.calls["/hook"]
    told = Webhook(secret).verify(call.body, call.headers)
    assert told["type"] == "job.cancelled"
    assert told["data"]["job_id"] == str(job_id)
    assert told["data"]["status"] == "cancelled"
    assert "payload" not in told["data"]
    assert len(call.body) < 20_000
    assert [tuple(row) for row in await plain.fetch(STATES)] == [("delivered", 1, 200, None)]


async def test_a_failure_is_told_with_its_error(deps, plain, courier, receiver, ann):
    me = claimer()
    error = ErrorRecord(class_=ErrorClass.INVALID_INPUT, kind="InvalidInput", message="x" * 4_000)
    await submit.submit_many(deps, [order(webhook_url=receiver.url())], ann, atomic=False)
    async with deps.db.connect() as connection:
        [job] = await claim(connection, me, [], free=1)
        failed = ending(job.row.id, 1, me.worker_id, Move.FAIL, failed=True, error=error)
        await settle(connection, [failed])

    await settled(courier, plain)

    [call] = receiver.calls["/hook"]
    assert json.loads(call.body)["data"]["error"]["class"] == "invalid_input"
    assert len(call.body) < 2_000


async def test_during_a_rotation_both_secrets_verify(deps, plain, courier, receiver, ann):
    old = (await deliveries.make_secret(deps, ann)).answer
    new = (await deliveries.make_secret(deps, ann)).answer
    await cancelled(deps, ann, receiver.url())

    await settled(courier, plain)

    [call] = receiver.calls["/hook"]
    assert Webhook(old.secret).verify(call.body, call.headers)
    assert Webhook(new.secret).verify(call.body, call.headers)
    assert new.previous_expires_at is not None


async def test_a_third_secret_ends_the_first(deps, plain, courier, receiver, ann):
    secrets = [(await deliveries.make_secret(deps, ann)).answer.secret for _ in range(3)]
    await cancelled(deps, ann, receiver.url())

    await settled(courier, plain)

    [call] = receiver.calls["/hook"]
    assert len(call.headers["webhook-signature"].split()) == 2
    assert Webhook(secrets[1]).verify(call.body, call.headers)


async def test_a_secret_is_unreadable_in_the_database(deps, plain, ann):
    secret = (await deliveries.make_secret(deps, ann)).answer.secret

    assert secret not in str(await plain.fetch("SELECT * FROM webhook_secrets"))


async def test_a_retry_keeps_the_id(deps, plain, courier, receiver, ann):
    receiver.says["/hook"] = [answer(500), answer(200)]
    calls = counting("taskforge_webhook_delivery_seconds_count")
    retried = counting("taskforge_webhook_deliveries_total", result="retrying")
    delivered = counting("taskforge_webhook_deliveries_total", result="delivered")
    await cancelled(deps, ann, receiver.url())
    await settled(courier, plain)
    first = await plain.fetchrow(STATES)

    await plain.execute("UPDATE webhook_deliveries SET next_at = clock_timestamp()")
    await settled(courier, plain)

    assert tuple(first) == ("pending", 1, 500, None)
    ids = {call.headers["webhook-id"] for call in receiver.calls["/hook"]}
    assert len(receiver.calls["/hook"]) == 2
    assert (calls(), retried(), delivered()) == (2, 1, 1)
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("word", "status", "error"),
    [
        (answer(302, location="http://127.0.0.1:1/"), 302, None),
        (RESET, None, "connect"),
        (answer(500, b"x" * 10_000_000), 500, None),
        (b"junk\r\n\r\n", None, "protocol"),
    ],
)
async def test_a_bad_answer_is_a_failure_to_be_tried_again(
    deps, plain, courier, receiver, ann, word, status, error
):
    receiver.says["/hook"] = [word]
    await cancelled(deps, ann, receiver.url())

    await settled(courier, plain)

    assert tuple(await plain.fetchrow(STATES)) == ("pending", 1, status, error)
    kept = await plain.fetchval("SELECT last_response FROM webhook_deliveries")
    assert kept is None or len(kept) <= 1_024


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://127.0.0.1:9/", "http://[::1]/"])
async def test_private_addresses_are_refused_for_good(deps, plain, courier, ann, url):
    await cancelled(deps, ann, "https://example.com/allowed-when-it-was-submitted")
    await plain.execute("UPDATE webhook_deliveries SET url = $1", url)

    await settled(courier, plain)

    assert tuple(await plain.fetchrow(STATES)) == ("failed", 1, None, "blocked")


async def test_in_production_a_webhook_travels_by_https(deps, plain, ann):
    urls = ["http://example.com/hook", "https://example.com/hook"]
    strict = msgspec.structs.replace(deps.settings, environment="production")
    live = dataclasses.replace(deps, settings=strict)
    await cancelled(deps, ann, urls[0])

    refused, taken = await submit.submit_many(
        live, [order(webhook_url=url) for url in urls], ann, atomic=False
    )
    await settled(Courier(live), plain)

    assert isinstance(refused, Invalid)
    assert "https" in refused.detail
    assert isinstance(taken, submit.Submitted)
    assert tuple(await plain.fetchrow(STATES)) == ("failed", 1, None, "blocked")


async def test_a_deleted_jobs_end_is_still_told(deps, plain, courier, receiver, ann):
    [job_id] = await cancelled(deps, ann, receiver.url())
    await control.delete(deps, job_id, ann)

    await settled(courier, plain)

    [call] = receiver.calls["/hook"]
    assert json.loads(call.body)["data"]["job_id"] == str(job_id)


async def test_the_log_and_its_receivers_are_forgotten_on_a_clock_of_their_own(
    deps, plain, courier, receiver, ann
):
    receiver.says["/owing"] = [answer(200), answer(500)]
    await cancelled(deps, ann, *(receiver.url(path) for path in ("/old", "/new", "/owing")))
    await settled(courier, plain)
    await cancelled(deps, ann, receiver.url("/owing"))
    await settled(courier, plain)
    aged = "clock_timestamp() - interval '11 days'"
    await plain.execute(
        f"UPDATE webhook_deliveries SET created_at = {aged} WHERE url NOT LIKE '%/new';"
        f" UPDATE webhook_endpoints SET last_success_at = {aged}, last_failure_at = NULL"
        " WHERE url NOT LIKE '%/new'"
    )
    brief = msgspec.structs.replace(deps.settings, webhook_retention_days=10)

    await tend.prune(dataclasses.replace(deps, settings=brief))

    left = await plain.fetch("SELECT url, status FROM webhook_deliveries ORDER BY url")
    assert [(row["url"].rpartition("/")[2], row["status"]) for row in left] == [
        ("new", "delivered"),
        ("owing", "pending"),
    ]
    kept = await plain.fetch("SELECT url FROM webhook_endpoints ORDER BY url")
    assert [row["url"].rpartition("/")[2] for row in kept] == ["new", "owing"]
    assert await plain.fetchval("SELECT count(*) FROM jobs") == 4
