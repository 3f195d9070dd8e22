"""What the bench asks of the service, through the front door."""

import msgspec

from ops.bench.stack import Stack
from ops.bench.wire import Wire
from taskforge.core.people import Role
from taskforge.flows.accounts import create_user
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load

NOOP = b'{"type":"noop"}'


async def operator(stack: Stack, role: Role = Role.OPERATOR) -> dict[str, str]:
    """Headers with the access token of an operator of the bench's own, or of another role."""
    name, password = f"bench-{role}", "bench-password-1"
    if not await stack.query("SELECT 1 FROM users WHERE username = $1", name):
        async with open_deps(stack.settings, load([])) as deps:
            await create_user(
                deps, username=name, email=f"{name}@example.com", password=password, role=role,
            )  # fmt: skip
    async with Wire(stack.url) as wire:
        body = msgspec.json.encode({"username": name, "password": password})
        answer = await wire.send(wire.request("POST", "/api/v1/auth/login", body))
    return {"Authorization": f"Bearer {msgspec.json.decode(answer.body)['access_token']}"}


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
