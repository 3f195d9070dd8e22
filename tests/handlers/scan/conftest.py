import asyncio
import ssl
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import msgspec
import pytest

from taskforge.handlers.builtin.security_scan import security_scan
from taskforge.handlers.demo.broken import app
from taskforge.handlers.scan.payload import ScanPayload
from taskforge.outside.http.client import SafeHttp

DEMO = "broken.taskforge.test"


class Scans:
    """Runs scans with one context, whose network is the loopback and the demo site."""

    def __init__(self, ctx):
        self.ctx = ctx

    async def reach(self, *hosts, **options):
        """Let requests and connections go to these private hosts."""
        await self.ctx.http.aclose()
        self.ctx.http = SafeHttp(frozenset(hosts), demos={DEMO: app}, **options)

    async def __call__(self, scan_type, target=None, **options):
        payload = {"scan_type": scan_type, "options": options}
        if target is not None:
            payload["target"] = target
        return await security_scan(msgspec.convert(payload, ScanPayload), self.ctx)


@pytest.fixture
async def scans(ctx):
    made = Scans(ctx)
    await made.reach()
    return made


def rules(result):
    """Rule to severity, for reading."""
    return {finding["rule"]: finding["severity"] for finding in result["findings"]}


@pytest.fixture(name="rules")
def rules_fixture():
    return rules


@asynccontextmanager
async def listen(answer, *, context=None):
    """A server on the loopback; yields its port."""
    busy = set()

    async def serve(reader, writer):
        busy.add(asyncio.current_task())
        try:
            await answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()
            busy.discard(asyncio.current_task())

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


@pytest.fixture(name="listen")
def listen_fixture():
    return listen


@asynccontextmanager
async def serve_http(*heads, body=b"<p>hello</p>", seen=None):
    """An HTTP server that answers everything with these header lines; yields its port."""
    status, *lines = heads

    async def answer(reader, writer):
        request = await reader.readuntil(b"\r\n\r\n")
        if seen is not None:
            seen.append(request.decode())
        head = [f"HTTP/1.1 {status}", *lines, f"content-length: {len(body)}", "connection: close"]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    async with listen(answer) as port:
        yield port


@pytest.fixture(name="serve_http")
def serve_http_fixture():
    return serve_http


class DnsServer(asyncio.DatagramProtocol):
    """Answers over UDP from a table of names, `{"example.test.": {"MX": ["10 m.test."]}}`."""

    def __init__(self, table):
        self.table = table
        self.asked = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        question = query.question[0]
        name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        known = self.table.get(name)
        if known is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif known.get(kind):
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *known[kind]))
        self.transport.sendto(reply.to_wire(), addr)


@pytest.fixture
async def dns_server(scans):
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: DnsServer({}), local_addr=("127.0.0.1", 0)
    )
    port = transport.get_extra_info("sockname")[1]
    scans.ctx.settings["SCAN_NAMESERVERS"] = f"127.0.0.1:{port}"
    yield server
    transport.close()
