"""What tracing costs: the same backlog drained without it, and with one job of ten traced."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from statistics import median

from ops.bench.client import operator, submit_bulk
from ops.bench.rows import BACKLOG, Figure, drained
from ops.bench.stack import Stack, free_port

ROUNDS = 3
GOAL = 0.95
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
# As if each job had come in a request of its own; a bulk call has one span for all of its jobs.
APART = """
UPDATE job_details SET traceparent = '00-' || md5(job_id::text) || '-'
    || left(md5(job_id::text || 'span'), 16) || CASE WHEN random() < 0.1 THEN '-01' ELSE '-00' END
"""
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


async def traces(stack: Stack) -> list[Figure]:
    """In turns, so that a machine that others use too spoils both alike; medians."""
    await stack.start_api()
    headers = await operator(stack)
    rates: dict[str, list[float]] = {"off": [], "on, 10 % sampled": []}
    async with _collector() as url:
        for name in [*rates] * ROUNDS:
            await stack.empty()
            await submit_bulk(stack, headers, BACKLOG)
            await stack.query(APART)
            await stack.query("VACUUM ANALYZE job_details")
            stack.environment.pop(ENDPOINT, None)
            if name != "off":
                stack.environment[ENDPOINT] = url
            rates[name].append(await drained(stack))
    stack.environment.pop(ENDPOINT, None)
    free = median(rates["off"])
    return [
        Figure(f"drain of {BACKLOG:,} no-ops, tracing {name}",
               f"{median(found):,.0f} jobs/s = {median(found) / free:.2f} x",
               f"≥ {GOAL} x", median(found) / free >= GOAL)
        for name, found in rates.items()
    ]  # fmt: skip


@asynccontextmanager
async def _collector() -> AsyncGenerator[str]:
    """Takes what it is told and forgets it, so that it costs next to nothing."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                start = head.index(b"content-length:") + 15
                await reader.readexactly(int(head[start : head.index(b"\r\n", start)]))
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    port = free_port()
    async with await asyncio.start_server(serve, "127.0.0.1", port):
        yield f"http://127.0.0.1:{port}"
