"""Jobs that owe webhooks, and a courier that brings them."""

from typing import Any

from support.make import order
from support.waiting import eventually
from taskforge.flows import control, submit

STATES = "SELECT status, attempts, last_status, last_error FROM webhook_deliveries ORDER BY id"


async def cancelled(deps, by, *urls):
    """Jobs that have ended, each owing its address a webhook."""
    done: Any = await submit.submit_many(
        deps, [order(delay_seconds=60.0, webhook_url=url) for url in urls], by, atomic=False
    )
    for one in done:
        await control.cancel(deps, one.job.id, by)
    return [one.job.id for one in done]


async def settled(courier, plain, *, deliveries=0):
    """Collect until so many deliveries are pending no more, or none is due."""

    async def done():
        await courier.collect()
        left = await plain.fetchval(
            "SELECT count(*) FROM webhook_deliveries WHERE status = 'pending'"
            " AND next_at <= clock_timestamp()"
        )
        return left == deliveries and not courier._lanes

    await eventually(done)
