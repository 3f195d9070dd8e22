"""Receivers from hell: those that hang, fail, are gone, or ask for patience (S-32, T-64)."""

import asyncio

import pytest

from support.counting import counting
from support.hooks import STATES, cancelled, settled
from support.receiver import HANG, answer
from support.waiting import eventually
from taskforge.flows import deliveries, webhooks
from taskforge.flows.webhooks import Courier


async def test_patience_that_is_asked_for_is_given_to_all(deps, plain, courier, receiver, ann):
    receiver.says["/hook"] = [answer(429, retry_after="120"), answer(200)]
    await cancelled(deps, ann, *[receiver.url()] * 5)

    await courier.collect()
    await eventually(lambda: asyncio.sleep(0, not courier._lanes))
    await courier.collect()

    wait = "EXTRACT(EPOCH FROM open_until - clock_timestamp())::float8"
    assert await plain.fetchval(f"SELECT {wait} FROM webhook_endpoints") > 100
    assert not courier._lanes
    assert len(receiver.calls["/hook"]) <= 2
    assert await plain.fetchval(
        "SELECT EXTRACT(EPOCH FROM next_at - clock_timestamp())::float8 FROM webhook_deliveries"
        " WHERE attempts = 1 AND status = 'pending'"
    ) == pytest.approx(120, abs=15)


async def test_a_receiver_that_is_gone_gets_nothing_more(deps, plain, courier, receiver, ann):
    receiver.says["/hook"] = [answer(410)]
    switched_off = counting("taskforge_webhook_endpoints_disabled_total")
    given_up = counting("taskforge_webhook_deliveries_total", result="failed")
    await cancelled(deps, ann, receiver.url())
    await settled(courier, plain)
    assert (switched_off(), given_up()) == (1, 1)

    await cancelled(deps, ann, receiver.url())
    await settled(courier, plain)

    assert len(receiver.calls["/hook"]) == 1
    assert sorted(row["status"] for row in await plain.fetch(STATES)) == ["disabled", "failed"]


async def test_sending_again_revives_a_receiver(deps, plain, courier, receiver, ann):
    receiver.says["/hook"] = [answer(410), answer(200)]
    await cancelled(deps, ann, receiver.url())
    await settled(courier, plain)

    await deliveries.redeliver_one(
        deps, await plain.fetchval("SELECT id FROM webhook_deliveries"), ann
    )
    await settled(courier, plain)

    assert tuple(await plain.fetchrow(STATES)) == ("delivered", 1, 200, None)


async def test_fifty_failures_in_a_row_end_it(deps, plain, courier, receiver, ann):
    receiver.says["/hook"] = [answer(500)]
    await cancelled(deps, ann, receiver.url())
    await settled(courier, plain)
    await plain.execute(
        "UPDATE webhook_endpoints SET failures = 49, open_until = NULL;"
        " UPDATE webhook_deliveries SET next_at = clock_timestamp()"
    )

    await settled(courier, plain)

    row = await plain.fetchrow("SELECT disabled_at, reason FROM webhook_endpoints")
    assert row["disabled_at"] is not None
    assert row["reason"] == "50 failures in a row"


async def test_a_failing_receiver_is_probed_with_one_call(deps, plain, courier, receiver, ann):
    receiver.says["/hook"] = [answer(500)]
    await cancelled(deps, ann, *[receiver.url()] * 20)
    await courier.collect()
    await eventually(lambda: asyncio.sleep(0, not courier._lanes))
    before = len(receiver.calls["/hook"])
    await plain.execute("UPDATE webhook_endpoints SET open_until = NULL")

    await courier.collect()
    await eventually(lambda: asyncio.sleep(0, not courier._lanes))

    assert before <= 4
    assert len(receiver.calls["/hook"]) == before + 1


async def test_a_hanging_receiver_delays_nobody_else(deps, plain, courier, receiver, ann):
    receiver.says["/dead"] = [HANG]
    await cancelled(deps, ann, *[receiver.url("/dead")] * 30)
    await cancelled(deps, ann, *(receiver.url(f"/well/{n % 9}") for n in range(90)))

    async def well():
        await courier.collect()
        return sum(len(calls) for path, calls in receiver.calls.items() if "well" in path) == 90

    await eventually(well)

    assert len(receiver.calls["/dead"]) == webhooks.CALLS_PER_LANE
    assert receiver.most_at_once["/dead"] == webhooks.CALLS_PER_LANE


async def test_two_schedulers_never_serve_one_receiver_at_once(deps, plain, receiver, ann):
    receiver.delay = 0.005
    await cancelled(deps, ann, *[receiver.url()] * 60)
    couriers = [Courier(deps) for _ in range(3)]

    async def empty():
        await asyncio.gather(*(courier.collect() for courier in couriers))
        return not any(courier._lanes for courier in couriers)

    await eventually(empty)

    assert receiver.most_at_once["/hook"] <= webhooks.CALLS_PER_LANE
    assert len(receiver.calls["/hook"]) == 60
    assert await plain.fetchval("SELECT count(*) FROM webhook_deliveries WHERE attempts = 1") == 60


async def test_a_lane_of_a_dead_scheduler_passes_on(deps, plain, courier, receiver, ann):
    receiver.says["/hook"] = [HANG, answer(200)]
    await cancelled(deps, ann, receiver.url())
    dead = Courier(deps)
    await dead.collect()
    await eventually(lambda: asyncio.sleep(0, receiver.calls["/hook"]))
    held = await courier.collect()
    await plain.execute("UPDATE webhook_endpoints SET lease_until = clock_timestamp()")

    await eventually(courier.collect)
    await eventually(lambda: asyncio.sleep(0, len(receiver.calls["/hook"]) == 2))

    assert held == 0
    await dead.close()


async def test_a_slow_receivers_lane_is_renewed_in_the_middle_of_its_backlog(
    deps, plain, courier, receiver, ann, monkeypatch
):
    monkeypatch.setattr(webhooks, "PAGE_SECONDS", 0.05)
    receiver.delay = 0.1  # every call outlasts the page
    await cancelled(deps, ann, *[receiver.url()] * 12)
    await courier.collect()
    lease = "SELECT lease_until FROM webhook_endpoints"
    first = await plain.fetchval(lease)

    seen = len(receiver.calls["/hook"])

    await eventually(lambda: asyncio.sleep(0, len(receiver.calls["/hook"]) > seen + 2))
    renewed = await plain.fetchval(lease)
    await settled(courier, plain)

    assert renewed > first
    assert receiver.most_at_once["/hook"] == webhooks.CALLS_PER_LANE
    assert len(receiver.calls["/hook"]) == 12


async def test_who_leaves_in_the_middle_repeats_only_what_had_no_answer(
    deps, plain, courier, receiver, ann
):
    receiver.says["/hook"] = [answer(200), HANG]
    await cancelled(deps, ann, *[receiver.url()] * 2)
    leaving = Courier(deps)
    await leaving.collect()
    await eventually(lambda: asyncio.sleep(0, len(receiver.calls["/hook"]) == 2))

    await leaving.close()

    states = sorted(row["status"] for row in await plain.fetch(STATES))
    assert states == ["delivered", "pending"]
    assert await plain.fetchval("SELECT owner FROM webhook_endpoints") is None
