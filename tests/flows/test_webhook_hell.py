"""Receivers that are late, wrong or of many names, and a scheduler that is killed (T-64)."""

import asyncio
import dataclasses
import signal
import ssl

import msgspec
import pytest
import trustme
from standardwebhooks.webhooks import Webhook

from support.hooks import STATES, cancelled, settled
from support.processes import JOBS, Process
from support.receiver import DRIP, HANG, answer, receiving
from support.waiting import eventually
from taskforge.core.outbound import HttpLimits
from taskforge.db.webhooks import LANES_PER_ORIGIN
from taskforge.flows import deliveries, webhooks
from taskforge.flows.webhooks import Courier
from taskforge.outside.http.client import SafeHttp

QUICK = HttpLimits(total_seconds=0.3, body_bytes=1_024, cut=True)


@pytest.fixture
def hasty(monkeypatch):
    """A call takes a third of a second, not fifteen."""
    monkeypatch.setattr(webhooks, "LIMITS", QUICK)


@pytest.mark.parametrize("word", [HANG, DRIP], ids=["hangs", "drips"])
@pytest.mark.usefixtures("hasty")
async def test_who_takes_too_long_is_tried_again_later(deps, plain, courier, receiver, ann, word):
    receiver.says["/hook"] = [word]
    await cancelled(deps, ann, receiver.url())

    await settled(courier, plain)

    assert tuple(await plain.fetchrow(STATES)) == ("pending", 1, None, "timeout")


async def test_a_certificate_that_nobody_vouches_for_ends_the_call(deps, plain, ann):
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    async with receiving(tls) as receiver:
        reachable = SafeHttp({f"127.0.0.1:{receiver.port}"})
        near = dataclasses.replace(deps, http=reachable)
        await cancelled(near, ann, receiver.url(scheme="https"))

        await settled(Courier(near), plain)

        assert tuple(await plain.fetchrow(STATES)) == ("pending", 1, None, "tls")
        assert not receiver.calls


@pytest.mark.parametrize("asked", ["1e400", "Fri, 31 Dec 9999 23:59:59 GMT", "nan", "\xff" * 200])
async def test_absurd_patience_is_bounded(deps, plain, courier, receiver, ann, asked):
    receiver.says["/hook"] = [answer(429, retry_after=asked)]
    await cancelled(deps, ann, receiver.url())

    await settled(courier, plain)

    row = await plain.fetchrow(
        "SELECT next_at <= clock_timestamp() + interval '1 day' AS soon,"
        " COALESCE(open_until <= clock_timestamp() + interval '10 min', true) AS open"
        " FROM webhook_deliveries, webhook_endpoints"
    )
    assert tuple(row) == (True, True)


async def test_the_end_of_a_receiver_is_told_in_the_audit_trail_once(
    deps, plain, courier, receiver, ann
):
    receiver.says["/hook"] = [answer(410)]
    await cancelled(deps, ann, *[receiver.url()] * 4)

    await settled(courier, plain)

    [deed] = await plain.fetch("SELECT * FROM audit WHERE action = 'webhook_endpoint.disabled'")
    endpoint = await plain.fetchrow("SELECT * FROM webhook_endpoints")
    assert deed["target"] == f"webhook_endpoint:{endpoint['id']}"
    assert deed["actor_id"] is None
    assert "it answered 410 Gone" in deed["after"]
    assert receiver.url() in deed["after"]
    assert endpoint["last_failure_at"] is not None
    assert endpoint["last_success_at"] is None


async def test_a_delivery_tells_whether_it_was_signed(deps, plain, courier, receiver, ann):
    await cancelled(deps, ann, receiver.url("/plain"))
    await settled(courier, plain)
    await deliveries.make_secret(deps, ann)
    await cancelled(deps, ann, receiver.url("/signed"))
    await settled(courier, plain)

    rows = await plain.fetch("SELECT url, signed FROM webhook_deliveries")
    assert {row["url"].rpartition("/")[2]: row["signed"] for row in rows} == {
        "plain": False,
        "signed": True,
    }
    assert "webhook-signature" not in receiver.calls["/plain"][0].headers
    assert "webhook-signature" in receiver.calls["/signed"][0].headers


async def test_a_secret_whose_overlap_was_ended_signs_no_more(deps, plain, courier, receiver, ann):
    secrets = [(await deliveries.make_secret(deps, ann)).answer.secret for _ in range(2)]
    await deliveries.end_previous_secret(deps, ann)
    await cancelled(deps, ann, receiver.url())

    await settled(courier, plain)

    [call] = receiver.calls["/hook"]
    assert len(call.headers["webhook-signature"].split()) == 1
    assert Webhook(secrets[1]).verify(call.body, call.headers)


async def test_a_hanging_host_with_an_address_for_each_job_leaves_lanes_to_others(
    deps, plain, courier, receiver, ann
):
    async with receiving() as other:
        near = dataclasses.replace(
            deps, http=SafeHttp({f"127.0.0.1:{it.port}" for it in (receiver, other)})
        )
        courier = Courier(near)
        urls = [receiver.url(f"/{n}") for n in range(3 * webhooks.LANES)]
        receiver.says.update({f"/{n}": [HANG] for n in range(len(urls))})
        await cancelled(near, ann, *urls, other.url("/well"))

        async def told():
            await courier.collect()
            return other.calls["/well"]

        await eventually(told)
        for _ in range(2):
            await courier.collect()

        assert len(receiver.calls) == LANES_PER_ORIGIN
        await courier.close()


async def test_a_receiver_whose_service_broke_waits_for_its_lease(
    deps, plain, courier, receiver, ann, monkeypatch
):
    def broken(_delivery):
        raise ValueError("a row that nobody foresaw")

    monkeypatch.setattr(webhooks, "_body", broken)
    await cancelled(deps, ann, receiver.url())
    await courier.collect()
    await eventually(lambda: asyncio.sleep(0, not courier._lanes))

    assert await courier.collect() == 0
    assert await plain.fetchval("SELECT lease_until > clock_timestamp() FROM webhook_endpoints")


async def test_without_the_key_of_its_secrets_nothing_goes_out_unsigned(deps, plain, receiver, ann):
    await deliveries.make_secret(deps, ann)
    await cancelled(deps, ann, receiver.url())
    changed = msgspec.structs.replace(deps.settings, secret_key="n" * 40)
    courier = Courier(dataclasses.replace(deps, settings=changed))

    await courier.collect()
    await eventually(lambda: asyncio.sleep(0, not courier._lanes))

    assert not receiver.calls
    assert tuple(await plain.fetchrow(STATES)) == ("pending", 0, None, None)


async def test_a_killed_scheduler_costs_a_repetition_with_the_same_id(
    deps, plain, receiver, ann, process_environment, tmp_path
):
    environment = process_environment | JOBS | {
        "OUTBOUND_ALLOWED_HOSTS": f"127.0.0.1:{receiver.port}"
    }  # fmt: skip
    secret = (await deliveries.make_secret(deps, ann)).answer.secret
    receiver.says["/hook"] = [HANG, answer(200)]
    await cancelled(deps, ann, receiver.url())
    killed = Process("scheduler", environment, tmp_path / "killed.log")
    try:
        await eventually(lambda: asyncio.sleep(0, receiver.calls["/hook"]), within=30)
    finally:
        killed.send(signal.SIGKILL)
        await killed.ended()
    left = tuple(await plain.fetchrow(STATES))
    await plain.execute("UPDATE webhook_endpoints SET lease_until = clock_timestamp()")

    heir = Process("scheduler", environment, tmp_path / "heir.log")
    try:
        delivered = "SELECT 1 FROM webhook_deliveries WHERE status = 'delivered'"
        await eventually(lambda: plain.fetchval(delivered), within=30)
    finally:
        await heir.stop()

    assert left == ("pending", 0, None, None)
    first, second = receiver.calls["/hook"]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    for call in (first, second):
        assert Webhook(secret).verify(call.body, call.headers)


async def test_a_receiver_behind_many_that_are_left_alone_has_its_turn(
    deps, plain, courier, receiver, ann
):
    await cancelled(deps, ann, receiver.url())
    await plain.execute(
        "INSERT INTO webhook_deliveries (id, job_id, job_version, endpoint, event, url, next_at)"
        " SELECT gen_random_uuid(), gen_random_uuid(), 1, gen_random_uuid(), 'job.success',"
        "        'https://example.com/' || n, clock_timestamp() - interval '1 hour'"
        " FROM generate_series(1, 1500) n;"
        " INSERT INTO webhook_endpoints (id, url, open_until)"
        " SELECT endpoint, url, clock_timestamp() + interval '1 hour' FROM webhook_deliveries"
        " WHERE url LIKE 'https:%'"
    )

    async def called():
        await courier.collect()
        return receiver.calls["/hook"]

    await eventually(called)
