"""What people do with webhooks: send again, enable a receiver, care for the signing secret."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.errors import Conflict, NotFound
from taskforge.core.history import Delivery
from taskforge.core.people import Principal
from taskforge.core.seal import seal
from taskforge.core.webhook import OVERLAP_SECONDS, Endpoint, new_secret
from taskforge.db.audit import note
from taskforge.db.deliveries import DeliveryFilters, get_delivery, redeliver
from taskforge.db.endpoints import enable_endpoint, get_endpoint, lock_endpoint
from taskforge.db.engine import transaction
from taskforge.db.webhook_secrets import end_older, rotate, secret_times
from taskforge.flows.accounts import check_signed_in, session_of
from taskforge.flows.deps import Deps
from taskforge.flows.once import Asked, Told, once
from taskforge.flows.reach import check_reaches_all, check_reaches_job
from taskforge.flows.webhooks import SECRET_PURPOSE
from taskforge.log import get_logger

MANY = 1_000
"""Most deliveries that one call sends again."""

log = get_logger(__name__)


class MadeSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A new signing secret; the secret itself is shown only here."""

    secret: str
    created_at: datetime
    previous_expires_at: datetime | None
    """Until when the secret before it signs as well; None when there was none."""


class SecretState(msgspec.Struct, frozen=True, kw_only=True):
    """Which signing secrets an account has, without them."""

    created_at: datetime | None
    """When the one in use was made; None: there is none, and webhooks go without a signature."""
    previous_expires_at: datetime | None
    """Until when the one before it signs as well; None when it does not."""


class Redelivered(msgspec.Struct, frozen=True, kw_only=True):
    """How much was made due again."""

    count: int
    """1,000 at most: then ask again for the rest."""


async def make_secret(deps: Deps, by: Principal, asked: Asked | None = None) -> Told[MadeSecret]:
    """Make or rotate the account's signing secret.

    Raises:
        Denied: an API key asks; keys do not make secrets (S-09).
        Invalid, Conflict: see `once`.
    """
    session_of(by)
    secret = new_secret()
    sealed = seal(deps.settings.secret_key, secret, purpose=SECRET_PURPOSE, owner=str(by.user_id))

    async def make(connection: AsyncConnection) -> MadeSecret:
        made, previous = await rotate(connection, by.user_id, sealed, overlap=OVERLAP_SECONDS)
        await check_signed_in(connection, by)
        await note(connection, by, "webhook_secret.made", f"user:{by.user_id}")
        return MadeSecret(secret=secret, created_at=made, previous_expires_at=previous)

    told = await once(deps, asked, by.user_id, MadeSecret, make)
    if told.fresh:
        rotated = told.answer.previous_expires_at is not None
        log.info("webhook.secret_made", user_id=str(by.user_id), rotated=rotated)
    return told


async def secret_state(deps: Deps, by: Principal) -> SecretState:
    """Which signing secrets the account has."""
    async with deps.db.connect() as connection:
        times = await secret_times(connection, by.user_id)
    return SecretState(
        created_at=times[0][0] if times else None,
        previous_expires_at=times[1][1] if len(times) > 1 else None,
    )


async def end_previous_secret(deps: Deps, by: Principal) -> None:
    """Let the newest secret alone sign from now on.

    Raises:
        Denied: an API key asks.
        NotFound: no other secret signs.
    """
    session_of(by)
    async with transaction(deps.db) as connection:
        if not await end_older(connection, by.user_id):
            raise NotFound("No previous secret signs any more.")
        await note(connection, by, "webhook_secret.ended", f"user:{by.user_id}")
    log.info("webhook.secret_ended", user_id=str(by.user_id))


async def enable(deps: Deps, endpoint_id: UUID, by: Principal) -> Endpoint:
    """Let a receiver get webhooks again, its failures forgotten; those given up stay so.

    Raises:
        NotFound: no webhook has been sent there.
    """
    async with transaction(deps.db) as connection:
        before = await lock_endpoint(connection, endpoint_id)
        if before is None:
            raise NotFound(f"There is no webhook endpoint {endpoint_id}.")
        await enable_endpoint(connection, endpoint_id)
        after = await get_endpoint(connection, endpoint_id) or before
        await note(
            connection, by, "webhook_endpoint.enabled", f"webhook_endpoint:{endpoint_id}",
            before=before, after=after,
        )  # fmt: skip
    log.info("webhook.enabled", endpoint=str(endpoint_id))
    return after


async def redeliver_one(deps: Deps, delivery_id: UUID, by: Principal) -> Delivery:
    """Send a delivery again, whatever became of it.

    Raises:
        NotFound: there is no such delivery.
        Denied: an API key that is narrowed to other jobs.
        Conflict: it is being sent at this moment.
    """
    if by.scope:
        async with deps.db.connect() as connection:
            known = await get_delivery(connection, delivery_id)
        if known:
            await check_reaches_job(deps, known.job_id, by)
    async with transaction(deps.db) as connection:
        done = await redeliver(connection, DeliveryFilters(), only=delivery_id, limit=1)
        found = await get_delivery(connection, delivery_id)
        if found is None:
            raise NotFound(f"There is no delivery {delivery_id}.")
        if not done:
            raise Conflict(
                f"Delivery {delivery_id} is under way; look in a minute how it went.",
                code="delivery_under_way",
            )
        await note(connection, by, "delivery.redelivered", f"delivery:{delivery_id}")
    return found


async def redeliver_many(deps: Deps, filters: DeliveryFilters, by: Principal) -> Redelivered:
    """Send again what the filters select, oldest first, at most 1,000.

    Raises:
        Denied: an API key that is narrowed to some jobs.
    """
    check_reaches_all(by, "the webhooks of all jobs")
    async with transaction(deps.db) as connection:
        done = Redelivered(count=await redeliver(connection, filters, limit=MANY))
        await note(connection, by, "deliveries.redelivered", None, after=[filters, done])
    return done
