"""The rows of the built-in job types: each as jobs of one worker unit, submitted over HTTP."""

import asyncio
import subprocess
import sys
import time
from typing import Any

import msgspec
import psutil

from ops.bench.client import operator
from ops.bench.deeds import double
from ops.bench.rows import Figure
from ops.bench.stack import ROOT, Stack
from ops.bench.wire import Wire
from taskforge.core.sandbox import SandboxLimits
from taskforge.outside.child.run import run_child
from taskforge.outside.child.spare import Spares

Job = dict[str, Any]

LONG: dict[str, Job] = {
    "data_processing": {
        "dataset": "transactions", "operation": "sql", "rows": 5_000_000,
        "params": {"query": "SELECT count(*) FROM data a, data b WHERE a.amount < b.amount"},
    },
    "web_scraping": {"url": "SITE", "depth": 5, "max_pages": 1_000, "delay_ms": 100},
    "ai_inference": {"prompt": "Tell a very long story about the sea.", "max_tokens": 512},
    "security_scan": {"scan_type": "full"},
    "email": {
        "to": "slow@demo.taskforge.test", "subject": "slow", "template": "plain",
        "recipients": [{"email": f"slow@demo{n}.taskforge.test"} for n in range(50)],
        "variables": {"message": "x"},
    },
}  # fmt: skip
"""Payloads that would run for long, to be cancelled."""


async def types(stack: Stack) -> list[Figure]:
    """The figures that each type promises."""
    port = stack.port + 1
    site = subprocess.Popen([sys.executable, "-m", "ops.bench.site", str(port)], cwd=ROOT)
    stack.environment |= {"OUTBOUND_ALLOWED_HOSTS": f"127.0.0.1:{port}", "MAIL_SINK": "true"}
    try:
        await stack.start_api()
        stack.start("scheduler")
        unit = stack.start("worker", "--threads", "16")
        async with Wire(stack.url, await operator(stack)) as wire:
            return [
                await _data(wire),
                *(await _web(wire, f"http://127.0.0.1:{port}/", unit)),
                *(await _ai(wire)),
                await _email(wire),
                await _child(),
            ]
    finally:
        site.kill()


async def _data(wire: Wire) -> Figure:
    payload = {"dataset": "transactions", "operation": "profile", "rows": 1_000_000}
    took = [(await _run(wire, "data_processing", payload))["duration_seconds"] for _ in range(3)]
    return _at_most("1,000,000 rows generated and profiled, child included", sorted(took)[1], 5.0)


async def _web(wire: Wire, url: str, unit: psutil.Process) -> list[Figure]:
    payload = {
        "url": url, "depth": 5, "max_pages": 1_000, "delay_ms": 0, "concurrency": 4,
        "selectors": {"title": "title::text", "heading": "h1::text"},
    }  # fmt: skip
    await _run(wire, "web_scraping", payload | {"max_pages": 100})
    before = unit.memory_info().rss
    jobs = [await _run(wire, "web_scraping", payload) for _ in range(10)]
    grown = (unit.memory_info().rss - before) / 2**20
    pages = sum(job["result"]["stats"]["fetched"] for job in jobs)
    rate = pages / sum(job["duration_seconds"] for job in jobs)
    return [
        Figure(f"crawl of {pages:,} local pages, delay 0", f"{rate:,.0f} pages/s", "≥ 100/s",
               rate >= 100),
        Figure(f"worker's growth over {pages:,} pages", f"{grown:+.1f} MiB", "≤ 16 MiB",
               grown <= 16),
    ]  # fmt: skip


async def _ai(wire: Wire) -> list[Figure]:
    payload = {"prompt": "Write one sentence about the sea.", "max_tokens": 40}
    cold = await _run(wire, "ai_inference", payload)
    warm = [await _run(wire, "ai_inference", payload) for _ in range(3)]
    first = sorted(job["result"]["outputs"][0]["first_token_ms"] / 1000 for job in warm)[1]
    at_cold = cold["result"]["outputs"][0]["first_token_ms"] / 1000
    return [
        _at_most("first token, cold (process and model start)", at_cold, 1.5),
        _at_most("first token, warm", first, 0.5),
    ]


async def _email(wire: Wire) -> Figure:
    payload = {
        "subject": "Hello {{ name }}", "template": "plain", "variables": {"message": "Good day."},
        "recipients": [
            {"email": f"person{n}@example.com", "variables": {"name": f"Person {n}"}}
            for n in range(500)
        ],
    }  # fmt: skip
    await _run(wire, "email", payload | {"recipients": payload["recipients"][:20]})  # type: ignore[index]
    job = await _run(wire, "email", payload)
    rate = job["result"]["summary"]["accepted"] / job["duration_seconds"]
    return Figure("messages to the sink, each recorded before the next", f"{rate:,.0f}/s",
                  "≥ 200/s", rate >= 200)  # fmt: skip


async def _child() -> Figure:
    took: list[float] = []
    spares = Spares()
    for _ in range(10):
        began = time.perf_counter()
        doubled = await run_child(
            double, [21], limits=SandboxLimits(), on_report=lambda _: None, spares=spares
        )
        took.append(time.perf_counter() - began)
        assert doubled == 42
        await asyncio.sleep(0.5)  # as jobs come to an idle worker
    await spares.aclose()
    return _at_most("child process: call to answer", sorted(took)[5], 0.150)


async def _run(wire: Wire, name: str, payload: Job) -> Job:
    """Submit a job and wait for its success."""
    body = msgspec.json.encode({"type": name, "payload": payload})
    answer = await wire.send(wire.request("POST", "/api/v1/jobs", body))
    assert answer.status == 201, answer.body[:500]
    path = f"/api/v1/jobs/{msgspec.json.decode(answer.body)['id']}?wait=30"
    while True:
        answer = await wire.send(wire.request("GET", path))
        job: Job = msgspec.json.decode(answer.body)
        if job["finished_at"]:
            assert job["status"] == "success", job["error"]
            return job


def _at_most(what: str, seconds: float, goal: float) -> Figure:
    return Figure(what, f"{seconds * 1000:,.0f} ms", f"≤ {goal * 1000:,.0f} ms", seconds <= goal)
