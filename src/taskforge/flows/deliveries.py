"""What people do with webhooks: read the log, send again, make or rotate the signing secret."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.errors import NotFound
from taskforge.core.history import Delivery
from taskforge.core.people import Principal
from taskforge.core.seal import seal
from taskforge.core.webhook import OVERLAP_SECONDS, new_secret
from taskforge.db.audit import note
from taskforge.db.deliveries import DeliveryFilters, get_delivery, redeliver
from taskforge.db.engine import transaction
from taskforge.db.webhook_secrets import rotate
from taskforge.flows.accounts import check_signed_in, session_of
from taskforge.flows.deps import Deps
from taskforge.flows.once import Asked, Told, once
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


class Redelivered(msgspec.Struct, frozen=True, kw_only=True):
    """How much was made due again."""

    count: int


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


async def redeliver_one(deps: Deps, delivery_id: UUID, by: Principal) -> Delivery:
    """Send a delivery again, whatever became of it.

    Raises:
        NotFound: there is no such delivery.
    """
    async with transaction(deps.db) as connection:
        await redeliver(connection, DeliveryFilters(), only=delivery_id, limit=1)
        found = await get_delivery(connection, delivery_id)
        if found:
            await note(connection, by, "delivery.redelivered", f"delivery:{delivery_id}")
    if found is None:
        raise NotFound(f"There is no delivery {delivery_id}.")
    return found


async def redeliver_many(deps: Deps, filters: DeliveryFilters, by: Principal) -> Redelivered:
    """Send again what the filters select, oldest first, at most 1,000."""
    async with transaction(deps.db) as connection:
        done = Redelivered(count=await redeliver(connection, filters, limit=MANY))
        await note(connection, by, "deliveries.redelivered", None, after=[filters, done])
    return done
