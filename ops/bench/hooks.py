"""The row of webhooks: receivers of its own process, one of ten of which may hang."""

import asyncio
import subprocess
import sys
import time

import msgspec

from ops.bench.client import operator
from ops.bench.rows import Figure
from ops.bench.stack import ROOT, Stack
from ops.bench.wire import Wire

RECEIVERS = 10
EACH = 300


async def hooks(stack: Stack) -> list[Figure]:
    """Deliveries to local receivers, first all well, then one of them hanging."""
    port = stack.port + 1
    site = subprocess.Popen([sys.executable, "-m", "ops.bench.hooks", str(port)], cwd=ROOT)
    stack.environment["OUTBOUND_ALLOWED_HOSTS"] = f"127.0.0.1:{port}"
    try:
        await stack.start_api()
        headers = await operator(stack)
        well = await _deliver(stack, headers, port, hanging=False)
        mixed = await _deliver(stack, headers, port, hanging=True)
    finally:
        site.kill()
    slower = 100 * (well / mixed - 1)
    return [
        Figure(f"webhooks to {RECEIVERS} local receivers", f"{well:,.0f}/s", "≥ 300/s",
               well >= 300),
        Figure("the other nine while one hangs", f"{mixed:,.0f}/s, {slower:+.0f} %",
               "≤ 5 % slower", slower <= 5),
    ]  # fmt: skip


async def _deliver(stack: Stack, headers: dict[str, str], port: int, *, hanging: bool) -> float:
    """Owe webhooks, start a scheduler, and count what nine receivers get a second."""
    await stack.empty()
    await stack.query("TRUNCATE webhook_deliveries, webhook_endpoints")
    async with Wire(stack.url, headers) as wire:
        for n in range(RECEIVERS):
            path = "hang" if hanging and n == 0 else f"well{n}"
            url = f"http://127.0.0.1:{port}/{path}"
            job = {"type": "noop", "delay_seconds": 3600, "webhook_url": url}
            body = msgspec.json.encode({"jobs": [job] * EACH})
            answer = await wire.send(wire.request("POST", "/api/v1/jobs/bulk", body))
            for item in msgspec.json.decode(answer.body)["items"]:
                path = f"/api/v1/jobs/{item['job']['id']}/cancel"
                assert (await wire.send(wire.request("POST", path))).status == 200
    awaited = (RECEIVERS - hanging) * EACH
    done = "SELECT count(*) FROM webhook_deliveries WHERE status = 'delivered'"
    scheduler = stack.start("scheduler")
    while not (await stack.query(done))[0][0]:
        await asyncio.sleep(0.01)
    began = time.perf_counter()
    await stack.until(done, awaited)
    took = time.perf_counter() - began
    stack.stop(scheduler)
    return awaited / took


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            if b"/hang" in head:
                await asyncio.sleep(3_600)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _main(port: int) -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
