"""The guarded HTTP client: the only one that jobs and webhooks have (S-30).

    rules   may we go there, as far as the address tells
    call    what is asked, and what of it goes on when the server redirects
    names   look the name up once; judge every address of it
    wire    one connection to a judged address, its peer verified; one request; one reply
    decode  unpack no more than was asked for (S-34)

Hosts that the operator names may be private. Reserved demo hosts are answered by applications
inside this process, without a socket.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence, Set
from contextlib import AbstractAsyncContextManager, aclosing
from functools import cache, lru_cache
from ipaddress import ip_address
from typing import Any

import httpx
from ssrfguard import Address, Resolver

from taskforge.core.failures import BlockedByPolicy, InvalidInput
from taskforge.core.outbound import Hop, HttpFailed, HttpLimits, HttpReply
from taskforge.outside.http.call import Call, checked_call
from taskforge.outside.http.decode import Unpacker
from taskforge.outside.http.names import Names
from taskforge.outside.http.rules import PORTS, REFUSED, Destination, Rules
from taskforge.outside.http.wire import Answer, in_process, over_the_wire
from taskforge.tracing.http import called, calling, headers_for

REDIRECTS = frozenset({301, 302, 303, 307, 308})
KNOWN_ADDRESSES = 1_024
"""Addresses whose judgement is remembered: many jobs call the same one."""
STEPS_IN_A_ROW = 32
"""Pieces of a body after which the others on this loop get their turn."""

App = Callable[..., Any]
"""An ASGI application."""


class SafeHttp:
    """Guarded requests and connections; nothing is shared between two of them.

    Args:
        allowed_hosts: `host` (all its ports) or `host:port` that may have private addresses;
            where clouds keep their metadata stays closed.
        dial_hosts: the same for `dial` alone.
        demos: applications that answer for reserved host names.
        verify: TLS trust; certifi's when left out.
        look_up: a stand-in for `socket.getaddrinfo`; what it answers is judged all the same.
        ports: of hosts that the operator has not allowed.
    """

    def __init__(
        self,
        allowed_hosts: Set[str] = frozenset(),
        *,
        dial_hosts: Set[str] = frozenset(),
        demos: Mapping[str, App] | None = None,
        verify: ssl.SSLContext | bool = True,
        look_up: Resolver = socket.getaddrinfo,
        ports: Set[int] = PORTS,
    ) -> None:
        self._demos = {host.lower(): app for host, app in (demos or {}).items()}
        self._rules = Rules(allowed_hosts, own=self._demos, ports=ports)
        self._destination = lru_cache(KNOWN_ADDRESSES)(self._rules.destination)
        self._dial_rules = Rules({*allowed_hosts, *dial_hosts})
        self._names = Names(look_up)
        self._trust = _trust(verify)

    def check(self, url: str, *, https_only: bool = False) -> None:
        """Judge what can be judged of an address without the network, as `fetch` will.

        Args:
            url: where a request is to go.
            https_only: whether http is for hosts that the operator has named, and no others.

        Raises:
            InvalidInput: it is no address of a web page.
            BlockedByPolicy: scheme, port, user name or host are not allowed.
        """
        it = self._destination(url)
        if https_only and it.url.scheme != "https" and not (it.own or it.named):
            raise BlockedByPolicy("The address has to begin with https://.")

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
        call = checked_call(method, headers or {}, body)
        destination = self._destination(url)
        hops: list[Hop] = []
        try:
            async with asyncio.timeout(limits.total_seconds):
                while True:
                    follow = may_follow if len(hops) < limits.redirects else _never
                    with calling(call.method, *destination.origin, resend=len(hops)) as span:
                        told = headers_for(span, *destination.origin[1:])
                        reply, onward = await self._once(
                            destination, call.with_these(told), limits, follow
                        )
                        called(span, reply.status)
                    if onward is None:
                        break
                    hops.append(Hop(url=url, status=reply.status, headers=reply.headers))
                    elsewhere = onward.origin != destination.origin
                    call = call.after(reply.status, elsewhere=elsewhere)
                    destination, url = onward, str(onward.url)
        except TimeoutError:
            raise HttpFailed("The target did not answer in time.", reason="timeout") from None
        return HttpReply(
            url=url, status=reply.status, headers=reply.headers, body=reply.body, cut=reply.cut,
            hops=hops, elapsed_seconds=time.monotonic() - began,
        )  # fmt: skip

    async def dial(self, host: str, port: int, *, seconds: float = 5.0) -> socket.socket:
        """Open a TCP connection to a checked address; see `handlers.context.Outbound`."""
        target, policy = self._dial_rules.endpoint(host, port)
        try:
            async with asyncio.timeout(seconds):
                addresses = await self._names.addresses(target, policy, seconds=seconds)
                return await _connected(addresses[: policy.max_connection_attempts], seconds)
        except TimeoutError:
            raise HttpFailed("The target did not answer in time.", reason="timeout") from None
        except OSError:
            raise HttpFailed("The target refused the connection.", reason="connect") from None

    async def aclose(self) -> None:
        """Nothing to do: each connection ends with the call that opened it."""

    async def _once(
        self,
        destination: Destination,
        call: Call,
        limits: HttpLimits,
        may_follow: Callable[[str], bool] | None,
    ) -> tuple[HttpReply, Destination | None]:
        """One reply, and where it sends us; then its body stays unread."""
        began = time.monotonic()
        async with await self._answer(destination, call, limits) as answer:
            onward = self._onward(destination, answer, may_follow)
            body, cut = await _read(answer, call, limits) if onward is None else (b"", False)
            return HttpReply(
                url=str(destination.url), status=answer.status, headers=answer.headers, body=body,
                cut=cut, elapsed_seconds=time.monotonic() - began,
            ), onward  # fmt: skip

    async def _answer(
        self, destination: Destination, call: Call, limits: HttpLimits
    ) -> AbstractAsyncContextManager[Answer]:
        request = call.request(destination.url)
        if destination.own:
            return in_process(request, self._demos[destination.host])
        addresses = await self._names.addresses(
            destination.target, destination.policy, seconds=limits.connect_seconds
        )
        return over_the_wire(request, destination, addresses, limits, self._trust)

    def _onward(
        self, origin: Destination, answer: Answer, may_follow: Callable[[str], bool] | None
    ) -> Destination | None:
        """Where a redirect leads; None if the reply is none, or is not to be followed."""
        location = next((value for name, value in answer.headers if name == "location"), None)
        if answer.status not in REDIRECTS or location is None or may_follow is _never:
            return None
        try:
            url = origin.url.join(location).copy_with(fragment=None)
        except (httpx.InvalidURL, ValueError):
            raise _astray() from None
        if may_follow is not None and not may_follow(str(url)):
            return None
        if origin.url.scheme == "https" and url.scheme == "http":
            raise HttpFailed("The target redirects from https to http.", reason="redirect")
        try:
            return self._rules.destination(url)
        except InvalidInput:
            raise _astray() from None


def _never(url: str) -> bool:
    """Redirects are used up, or were not asked for."""
    return False


def _astray() -> HttpFailed:
    return HttpFailed("The target redirects to something that is no address.", reason="redirect")


async def _read(answer: Answer, call: Call, limits: HttpLimits) -> tuple[bytes, bool]:
    """The body, and whether it was cut."""
    coding = ",".join(value for name, value in answer.headers if name == "content-encoding")
    unpacker = Unpacker(coding.strip().lower(), call.asked())
    held = bytearray()
    async with aclosing(_pieces(answer, unpacker)) as pieces:
        async for piece in pieces:
            held += piece
            if len(held) > limits.body_bytes:
                if not limits.cut:
                    raise HttpFailed("The reply is larger than it may be.", reason="too_large")
                return bytes(held[: limits.body_bytes]), True
    unpacker.finish()
    return bytes(held), False


async def _pieces(answer: Answer, unpacker: Unpacker) -> AsyncGenerator[bytes]:
    steps = 0
    async for packed in answer.pieces:
        for piece in unpacker.feed(packed):
            yield piece
            steps += 1
            # Thousands of small chunks come out of one read, without any waiting in between.
            if steps % STEPS_IN_A_ROW == 0:
                await asyncio.sleep(0)


async def _connected(addresses: Sequence[Address], seconds: float) -> socket.socket:
    """A connection to the first address that answers; they share the time.

    Raises:
        OSError: none did.
        BlockedByPolicy: the connection led somewhere else.
    """
    failed: OSError = OSError("no address")
    for address in addresses:
        opened = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            opened.setblocking(False)
            async with asyncio.timeout(seconds / len(addresses)):
                await asyncio.get_running_loop().sock_connect(opened, address.sockaddr)
            if ip_address(opened.getpeername()[0]) != address.ip:
                raise BlockedByPolicy(REFUSED)
        except OSError as error:
            failed = error
            opened.close()
        except BaseException:
            opened.close()
            raise
        else:
            return opened
    raise failed


@cache
def _trust(verify: ssl.SSLContext | bool) -> ssl.SSLContext:
    """Reading the authorities takes 40 ms: once a process, whatever number of clients it has."""
    return httpx.create_ssl_context(verify=verify, trust_env=False)
