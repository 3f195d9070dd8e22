"""Counting requests against the rate limits, and telling clients of it (SPEC §3, S-15, S-16).

default    each request with a credential, by principal; costly routes count for more
bulk       the orders of bulk calls, by principal, beside the call itself
address    requests without a valid credential, by IPv4 address or IPv6 /64
"""

from math import ceil
from typing import Any

from taskforge.api.clients import client_ip, network_of
from taskforge.bus.limit import Check, Grant
from taskforge.core.errors import Limited
from taskforge.core.people import Principal
from taskforge.flows.deps import Deps
from taskforge.metrics.requests import RATE_LIMITED

_BULK = "bulk"


async def count_principal(deps: Deps, scope: Any, principal: Principal, cost: int) -> None:
    """Count a request of somebody known; passes when Redis is away.

    Raises:
        Limited: too many requests.
    """
    settings = deps.settings
    limit = principal.limit(settings.rate_limit_requests)
    who, window = principal.counted_as, settings.rate_limit_window
    await _count(deps, scope, Check("default", who, limit, window, min(cost, limit)))


async def count_orders(deps: Deps, scope: Any, principal: Principal, orders: int) -> None:
    """Count the orders of a bulk call, repeats too: to look one up is work as well.

    A limit of the principal's own widens or narrows this one in proportion. A call with more orders
    than the limit counts as the limit, so that an empty window lets it pass.

    Raises:
        Limited: too many orders.
    """
    settings = deps.settings
    usual = settings.rate_limit_requests
    limit = max(1, settings.rate_limit_bulk_items * principal.limit(usual) // usual)
    who, window = principal.counted_as, settings.rate_limit_window
    await _count(deps, scope, Check(_BULK, who, limit, window, min(orders, limit)))


async def count_address(deps: Deps, scope: Any) -> None:
    """Count a request of nobody known; limited in this process when Redis is away.

    Raises:
        Limited: too many requests from this address.
    """
    settings = deps.settings
    network = network_of(client_ip(scope, settings.trusted_proxy_hops))
    check = Check("address", network, settings.rate_limit_requests, settings.rate_limit_window)
    await _count(deps, scope, check, strict=True)


def rate_headers(scope: Any) -> list[tuple[bytes, bytes]]:
    """The two structured fields of the RateLimit draft: every limit that the request met."""
    grants: list[Grant] = scope["state"].get("grants", [])
    if not grants:
        return []
    policies = (f'"{it.check.policy}";q={it.check.limit};w={it.check.window}' for it in grants)
    left = (f'"{it.check.policy}";r={it.remaining};t={_reset(it)}' for it in grants)
    return [
        (b"ratelimit-policy", ", ".join(policies).encode()),
        (b"ratelimit", ", ".join(left).encode()),
    ]


async def _count(deps: Deps, scope: Any, check: Check, *, strict: bool = False) -> None:
    grant = await deps.limiter.take(check, strict=strict)
    scope["state"].setdefault("grants", []).append(grant)
    if not grant.allowed:
        RATE_LIMITED.labels(check.policy).inc()
        what = "jobs in bulk calls" if check.policy == _BULK else "requests"
        raise Limited(
            f"More than {check.limit} {what} in {check.window} seconds;"
            f" try again in {_reset(grant)} seconds.",
            retry_after=grant.retry_after,
            policy=check.policy,
        )


def _reset(grant: Grant) -> int:
    """Seconds until more is free again, at most; whole ones, and never too few."""
    return grant.check.window if grant.allowed else max(1, ceil(grant.retry_after))
