"""What the bench asks of the service, through the front door."""

import msgspec

from ops.bench.stack import Stack
from ops.bench.wire import Wire

NOOP = b'{"type":"noop"}'


async def operator(stack: Stack) -> dict[str, str]:
    """Headers of an operator with an API key; made through the service's own CLI and API."""
    password = "bench-password-1"  # noqa: S105 - guards a throwaway database
    rows = await stack.query("SELECT 1 FROM users WHERE username = 'bench'")
    if not rows:
        process = stack.start(
            "user", "create", "bench", "--email", "bench@example.com", "--role", "operator",
            "--password", password,
        )  # fmt: skip
        process.wait(60)
    async with Wire(stack.url) as wire:
        body = msgspec.json.encode({"username": "bench", "password": password})
        answer = await wire.send(wire.request("POST", "/api/v1/auth/login", body))
        token = msgspec.json.decode(answer.body)["access_token"]
    return {"Authorization": f"Bearer {token}"}


async def submit_bulk(
    stack: Stack, headers: dict[str, str], jobs: int, order: bytes = NOOP
) -> None:
    """Submit equal jobs, a thousand a call, on one connection."""
    async with Wire(stack.url, headers) as wire:
        body = b'{"jobs":[' + b",".join([order] * 1000) + b"]}"
        request = wire.request("POST", "/api/v1/jobs/bulk", body)
        for _ in range(jobs // 1000):
            answer = await wire.send(request)
            assert answer.status == 200, answer.body[:500]


async def submit_singly(stack: Stack, headers: dict[str, str], jobs: int) -> None:
    """Submit no-ops one by one, on one connection."""
    async with Wire(stack.url, headers) as wire:
        request = wire.request("POST", "/api/v1/jobs", NOOP)
        for _ in range(jobs):
            answer = await wire.send(request)
            assert answer.status == 201, answer.body[:500]
