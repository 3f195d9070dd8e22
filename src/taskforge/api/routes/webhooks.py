"""Webhooks: the delivery log, sending again, the signing secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from taskforge.api.auth import needs
from taskforge.api.idempotency import asked_with_key, told
from taskforge.api.schemas import PAGE, Cursor, Limit, zoned
from taskforge.core.cursor import seal, unseal
from taskforge.core.history import Delivery
from taskforge.core.people import Permission, Principal
from taskforge.core.webhook import Status
from taskforge.db.deliveries import DeliveryFilters, list_deliveries
from taskforge.flows import deliveries
from taskforge.flows.deliveries import MadeSecret, Redelivered
from taskforge.flows.deps import Deps

Asked = Request[Principal, Any, Any]

WEBHOOKS = [needs(Permission.WEBHOOKS)]
COSTLY = 10
"""What sending again counts as, against the rate limit (S-32)."""


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries, newest first."""

    items: Sequence[Delivery]
    next_cursor: str | None = None


class RedeliverOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which deliveries to send again: those owed in a span of time."""

    since: datetime
    until: datetime
    status: Status = "failed"
    endpoint: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class DeliveryQuery:
    """The query parameters of the log; each may be left out."""

    status: Annotated[Status | None, QueryParameter(description="How it stands.")] = None
    job_id: Annotated[UUID | None, QueryParameter(description="Of this job.")] = None
    endpoint: Annotated[UUID | None, QueryParameter(description="To this receiver.")] = None
    since: Annotated[
        datetime | None, QueryParameter(description="Owed from this moment on (RFC 3339).")
    ] = None
    until: Annotated[
        datetime | None, QueryParameter(description="Owed before this moment (RFC 3339).")
    ] = None

    def filters(self) -> DeliveryFilters:
        """For the database.

        Raises:
            Invalid: a moment without a time zone.
        """
        return DeliveryFilters(
            status=self.status,
            job_id=self.job_id,
            endpoint=self.endpoint,
            since=zoned("since", self.since),
            until=zoned("until", self.until),
        )


@get("/webhooks/deliveries", operation_id="listDeliveries", summary="List webhook deliveries",
     guards=WEBHOOKS,
     dependencies={"wanted": Provide(DeliveryQuery, sync_to_thread=False)})  # fmt: skip
async def list_(
    deps: NamedDependency[Deps],
    wanted: NamedDependency[DeliveryQuery],
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> DeliveryPage:
    """Newest first, with the last answer of each receiver."""
    filters = wanted.filters()
    scope = filters.scope()
    after = None if cursor is None else unseal(cursor, scope)
    async with deps.db.connect() as connection:
        page = await list_deliveries(connection, filters, after=after, limit=limit)
    return DeliveryPage(
        items=page.items, next_cursor=None if page.last is None else seal(page.last, scope)
    )


@post("/webhooks/deliveries/{delivery_id:uuid}/redeliver", operation_id="redeliver",
      summary="Send a webhook again", guards=WEBHOOKS, status_code=200,
      opt={"cost": COSTLY})  # fmt: skip
async def redeliver(
    delivery_id: FromPath[UUID], request: Asked, deps: NamedDependency[Deps]
) -> Delivery:
    """With the same `webhook-id`; a receiver that was given up gets webhooks again."""
    return await deliveries.redeliver_one(deps, delivery_id, request.user)


@post("/webhooks/redeliver", operation_id="redeliverMany", summary="Send webhooks again",
      guards=WEBHOOKS, status_code=200,
      opt={"cost": COSTLY, "example": {"since": "2026-01-31T08:00:00Z",
                                       "until": "2026-01-31T09:00:00Z"}})  # fmt: skip
async def redeliver_many(
    data: JSONBody[RedeliverOrder], request: Asked, deps: NamedDependency[Deps]
) -> Redelivered:
    """Those owed in a span of time and standing as `status` says, oldest first, at most 1,000."""
    filters = DeliveryFilters(
        status=data.status,
        endpoint=data.endpoint,
        since=zoned("since", data.since),
        until=zoned("until", data.until),
    )
    return await deliveries.redeliver_many(deps, filters, request.user)


@post("/webhooks/secret", operation_id="makeWebhookSecret",
      summary="Make or rotate the signing secret", guards=[needs(Permission.SECRET)],
      responses={200: ResponseSpec(MadeSecret, description="A repeat.")})  # fmt: skip
async def make_secret(request: Asked, deps: NamedDependency[Deps]) -> Response[MadeSecret]:
    """Signs the webhooks of this account's jobs by the Standard Webhooks scheme.

    The secret is shown only here. The one before it signs for 24 hours more, beside the new one, so
    that receivers can change over.
    """
    return told(await deliveries.make_secret(deps, request.user, asked_with_key(request, deps)))


router = Router(
    "/", route_handlers=[list_, redeliver, redeliver_many, make_secret], tags=["webhooks"]
)
