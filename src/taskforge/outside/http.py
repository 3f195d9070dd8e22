"""The guarded HTTP client: the only one that jobs and webhooks have (S-30).

A name is resolved once, every address is checked, and the connection goes to the address that was
checked (`ssrfguard`). Hosts that the operator names may be private. Reserved demo hosts are
answered by applications inside this process, without a socket.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from ssrfguard import BlockedAddressError, BlockedURLError, Policy, connect, resolve
from ssrfguard.httpx import AsyncSafeTransport

from taskforge import __version__
from taskforge.core.failures import BlockedByPolicy
from taskforge.core.outbound import URL_LIMIT, Hop, HttpFailed, HttpLimits, HttpReply

PORTS = frozenset({80, 443, 8080, 8443})
USER_AGENT = f"TaskForge/{__version__}"
EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
REDIRECTS = frozenset({301, 302, 303, 307, 308})
POOL = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=15)

App = Callable[..., Any]
"""An ASGI application."""


class SafeHttp:
    """One pool of guarded connections; opened on the loop that uses it.

    Args:
        allowed_hosts: `host` or `host:port` that may have private addresses.
        dial_hosts: the same for `dial` alone.
        demos: applications that answer for reserved host names.
        verify: TLS trust; the system's own when left out.
    """

    def __init__(
        self,
        allowed_hosts: frozenset[str] = frozenset(),
        *,
        dial_hosts: frozenset[str] = frozenset(),
        demos: Mapping[str, App] | None = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self._allowed = frozenset(host.lower() for host in allowed_hosts)
        self._dialled = self._allowed | frozenset(host.lower() for host in dial_hosts)
        guarded = AsyncSafeTransport(
            policy=Policy(allowed_ports=PORTS, max_url_length=URL_LIMIT),
            verify=verify, trust_env=False, limits=POOL,
        )  # fmt: skip
        self._guarded = httpx.AsyncClient(transport=guarded, trust_env=False)
        self._trusted = httpx.AsyncClient(verify=verify, trust_env=False, limits=POOL)
        self._demos = {
            host: httpx.AsyncClient(transport=httpx.ASGITransport(app=app), trust_env=False)
            for host, app in (demos or {}).items()
        }

    async def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        limits: HttpLimits | None = None,
        may_follow: Callable[[str], bool] | None = None,
    ) -> HttpReply:
        """Make one request; see `handlers.context.Outbound`."""
        limits = limits or HttpLimits()
        began = time.monotonic()
        hops: list[Hop] = []
        try:
            async with asyncio.timeout(limits.total_seconds):
                while True:
                    reply = await self._once(url, method, headers, body, limits)
                    onward = self._onward(reply, hops, limits, may_follow)
                    if onward is None:
                        break
                    hops.append(Hop(url=url, status=reply.status, headers=reply.headers))
                    if reply.status == 303 or (reply.status in (301, 302) and method == "POST"):
                        method, body = "GET", None
                    url = onward
        except (BlockedURLError, BlockedAddressError) as error:
            raise BlockedByPolicy("Jobs may not reach this address.") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise HttpFailed("The target did not answer in time.", reason="timeout") from error
        except httpx.HTTPError as error:
            raise HttpFailed("The target could not be reached.", reason="connect") from error
        return HttpReply(
            url=url, status=reply.status, headers=reply.headers, body=reply.body, cut=reply.cut,
            hops=hops, elapsed_seconds=time.monotonic() - began,
        )  # fmt: skip

    async def dial(self, host: str, port: int, *, seconds: float = 5.0) -> socket.socket:
        """Open a TCP connection to a checked address; see `handlers.context.Outbound`."""
        trusted = bool({host.lower(), f"{host.lower()}:{port}"} & self._dialled)
        policy = Policy(
            allowed_ports=frozenset({port}),
            allowed_networks=EVERYWHERE if trusted else (),
        )
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.to_thread(_connect, policy, host, port, seconds)
        except (BlockedURLError, BlockedAddressError) as error:
            raise BlockedByPolicy("Jobs may not reach this address.") from error
        except TimeoutError as error:
            raise HttpFailed("The target did not answer in time.", reason="timeout") from error
        except socket.gaierror as error:
            raise HttpFailed("The name has no address.", reason="dns") from error
        except OSError as error:
            raise HttpFailed("The target refused the connection.", reason="connect") from error

    async def aclose(self) -> None:
        """Close every connection."""
        for client in (self._guarded, self._trusted, *self._demos.values()):
            await client.aclose()

    def _client(self, url: str) -> httpx.AsyncClient:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if host in self._demos:
            return self._demos[host]
        port = parts.port or (443 if parts.scheme == "https" else 80)
        trusted = bool({host, f"{host}:{port}"} & self._allowed)
        return self._trusted if trusted else self._guarded

    async def _once(
        self,
        url: str,
        method: str,
        headers: dict[str, str] | None,
        body: bytes | None,
        limits: HttpLimits,
    ) -> HttpReply:
        began = time.monotonic()
        times = httpx.Timeout(limits.first_byte_seconds, connect=limits.connect_seconds)
        sent = {"user-agent": USER_AGENT, **(headers or {})}
        client = self._client(url)
        async with client.stream(method, url, headers=sent, content=body, timeout=times) as answer:
            held = bytearray()
            cut = False
            async for piece in answer.aiter_bytes(65_536):
                held += piece
                if len(held) > limits.body_bytes:
                    if not limits.cut:
                        raise HttpFailed("The reply is too large.", reason="too_large")
                    del held[limits.body_bytes :]
                    cut = True
                    break
            return HttpReply(
                url=url, status=answer.status_code, headers=_headers(answer), body=bytes(held),
                cut=cut, elapsed_seconds=time.monotonic() - began,
            )  # fmt: skip

    def _onward(
        self,
        reply: HttpReply,
        hops: list[Hop],
        limits: HttpLimits,
        may_follow: Callable[[str], bool] | None,
    ) -> str | None:
        location = reply.header("location")
        if reply.status not in REDIRECTS or location is None or len(hops) >= limits.redirects:
            return None
        onward = urljoin(reply.url, location)
        if reply.url.startswith("https:") and not onward.startswith("https:"):
            return None
        return onward if may_follow is None or may_follow(onward) else None


def _connect(policy: Policy, host: str, port: int, seconds: float) -> socket.socket:
    shown = f"[{host}]" if ":" in host else host
    addresses = resolve(policy.check_url(f"http://{shown}:{port}/"), policy=policy)
    opened = connect(addresses, policy=policy, timeout=seconds)
    opened.setblocking(False)
    return opened


def _headers(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in answer.headers.multi_items()]
