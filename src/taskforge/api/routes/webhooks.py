"""Webhooks: the delivery log, sending again, the receivers, the signing secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from taskforge.api.auth import needs
from taskforge.api.idempotency import asked_with_key, told
from taskforge.api.schemas import MOMENT, PAGE, Cursor, Limit, in_utc, read_moment
from taskforge.core.cursor import seal, unseal
from taskforge.core.errors import Fault, Invalid
from taskforge.core.history import Delivery
from taskforge.core.people import Permission, Principal
from taskforge.core.webhook import Endpoint, EndpointState, Status
from taskforge.db.deliveries import DeliveryFilters, Moment, list_deliveries
from taskforge.db.endpoints import EndpointFilters, list_endpoints
from taskforge.flows import deliveries
from taskforge.flows.deliveries import MadeSecret, Redelivered, SecretState
from taskforge.flows.deps import Deps

Asked = Request[Principal, Any, Any]

WEBHOOKS = [needs(Permission.WEBHOOKS)]
COSTLY = 10
"""What sending again counts as, against the rate limit (S-32)."""


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries, newest first."""

    items: Sequence[Delivery]
    next_cursor: str | None = None


class EndpointPage(msgspec.Struct, frozen=True, kw_only=True):
    """Receivers, in no order that means anything."""

    items: Sequence[Endpoint]
    next_cursor: str | None = None


class RedeliverOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which deliveries to send again: those owed in a span of time."""

    since: Moment
    until: Moment
    status: Status = "failed"
    endpoint: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class DeliveryQuery:
    """The query parameters of the log; each may be left out."""

    status: Annotated[Status | None, QueryParameter(description="How it stands.")] = None
    job_id: Annotated[UUID | None, QueryParameter(description="Of this job.")] = None
    endpoint: Annotated[UUID | None, QueryParameter(description="To this receiver.")] = None
    since: Annotated[
        str | None, QueryParameter(description="Owed from this moment on (RFC 3339).", **MOMENT)
    ] = None
    until: Annotated[
        str | None, QueryParameter(description="Owed before this moment (RFC 3339).", **MOMENT)
    ] = None

    def filters(self) -> DeliveryFilters:
        """For the database.

        Raises:
            Invalid: a moment that is none, or without a time zone.
        """
        return DeliveryFilters(
            status=self.status,
            job_id=self.job_id,
            endpoint=self.endpoint,
            since=read_moment("since", self.since),
            until=read_moment("until", self.until),
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
      opt={"cost": COSTLY, "problems": [409]})  # fmt: skip
async def redeliver(
    delivery_id: FromPath[UUID], request: Asked, deps: NamedDependency[Deps]
) -> Delivery:
    """With the same `webhook-id`; a receiver that was given up gets webhooks again.

    One that is being sent at this moment is a conflict: look in a minute how it went.
    """
    return await deliveries.redeliver_one(deps, delivery_id, request.user)


@post("/webhooks/redeliver", operation_id="redeliverMany", summary="Send webhooks again",
      guards=WEBHOOKS, status_code=200,
      opt={"cost": COSTLY, "example": {"since": "2026-01-31T08:00:00Z",
                                       "until": "2026-01-31T09:00:00Z"}})  # fmt: skip
async def redeliver_many(
    data: JSONBody[RedeliverOrder], request: Asked, deps: NamedDependency[Deps]
) -> Redelivered:
    """Those owed in a span of time and standing as `status` says, oldest first, at most 1,000.

    What is being sent at this moment is left out. An answer of 1,000 means that there may be more:
    ask again.
    """
    filters = DeliveryFilters(
        status=data.status,
        endpoint=data.endpoint,
        since=in_utc(data.since, pointer="/since"),
        until=in_utc(data.until, pointer="/until"),
    )
    if data.since >= data.until:
        detail = "has to be later than since"
        raise Invalid(f"`until` {detail}.", faults=[Fault("/until", detail)])
    return await deliveries.redeliver_many(deps, filters, request.user)


@get("/webhooks/endpoints", operation_id="listWebhookEndpoints",
     summary="List webhook receivers", guards=WEBHOOKS)  # fmt: skip
async def list_receivers(
    deps: NamedDependency[Deps],
    standing: Annotated[
        EndpointState | None,
        QueryParameter(name="state", description="How the receiver stands."),
    ] = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> EndpointPage:
    """Every address that webhooks were sent to, for each account that named it, and how it fares.

    After three failures in a row a receiver is `backing_off`: it is left alone for a while, then
    tried with one call. After 410, or 50 failures in a row, it is `disabled`, and the audit trail
    tells so: webhooks to it are given up until it is enabled, or one of them is sent again. One
    that nothing was sent to for as long as deliveries are kept is forgotten.
    """
    filters = EndpointFilters(state=standing)
    scope = filters.scope()
    after = None if cursor is None else unseal(cursor, scope)
    async with deps.db.connect() as connection:
        page = await list_endpoints(connection, filters, after=after, limit=limit)
    return EndpointPage(
        items=page.items, next_cursor=None if page.last is None else seal(page.last, scope)
    )


@post("/webhooks/endpoints/{endpoint_id:uuid}/enable", operation_id="enableWebhookEndpoint",
      summary="Let a receiver get webhooks again", guards=WEBHOOKS, status_code=200)  # fmt: skip
async def enable(
    endpoint_id: FromPath[UUID], request: Asked, deps: NamedDependency[Deps]
) -> Endpoint:
    """From now on, and without a pause; those that were given up meanwhile can be sent again."""
    return await deliveries.enable(deps, endpoint_id, request.user)


@get("/webhooks/secret", operation_id="getWebhookSecret",
     summary="Show whether there is a signing secret", guards=WEBHOOKS)  # fmt: skip
async def show_secret(request: Asked, deps: NamedDependency[Deps]) -> SecretState:
    """Since when, and until when the one before it signs as well; the secrets are never shown.

    Without a secret the webhooks of this account's jobs carry no `webhook-signature`, and
    deliveries say `signed: false`.
    """
    return await deliveries.secret_state(deps, request.user)


@delete("/webhooks/secret/previous", operation_id="endPreviousWebhookSecret",
        summary="End the overlap of a rotation", guards=[needs(Permission.SECRET)],
        opt={"problems": [404]})  # fmt: skip
async def end_previous(request: Asked, deps: NamedDependency[Deps]) -> None:
    """The secret before the newest one signs no more, from now on."""
    await deliveries.end_previous_secret(deps, request.user)


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
    "/",
    route_handlers=[
        list_, redeliver, redeliver_many, list_receivers, enable, show_secret, make_secret,
        end_previous,
    ],
    tags=["webhooks"],
)  # fmt: skip
