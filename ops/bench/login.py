"""Whether the time of a refused sign-in tells that an account exists (S-07, T-62)."""

import statistics
import time

import msgspec

from ops.bench.client import operator
from ops.bench.rows import Figure
from ops.bench.stack import Stack
from ops.bench.wire import Wire

EACH = 500
ACCOUNTS = 20
"""So many, lest wrong passwords for one of them begin to wait."""
_ACCOUNTS = """
INSERT INTO users (id, username, email, password_hash, role)
SELECT uuidv7(), 'known-' || n, 'known-' || n || '@example.com', password_hash, 'viewer'
FROM users, generate_series(0, $1 - 1) AS n WHERE username = 'bench'
"""


async def login(stack: Stack) -> list[Figure]:
    """Wrong passwords for accounts and for nobody, in turn, one at a time, each from elsewhere."""
    stack.environment |= {"TRUSTED_PROXY_HOPS": "1", "LOG_LEVEL": "error"}
    api = await stack.start_api()
    await operator(stack)
    await stack.query(_ACCOUNTS, ACCOUNTS)
    took: dict[str, list[float]] = {"known": [], "nobody": []}
    async with Wire(stack.url) as wire:
        for n in range(EACH):
            names = ["known", "nobody"]
            for name in names if n % 2 else reversed(names):
                started = time.perf_counter()
                answer = await wire.send(_request(stack.url, f"{name}-{n % ACCOUNTS}", n))
                took[name].append(time.perf_counter() - started)
                assert answer.status == 401, answer.body[:500]
    stack.stop(api)
    known, nobody = (statistics.median(it) * 1000 for it in took.values())
    ratio = known / nobody
    return [
        Figure(
            f"sign-in refused, median of {EACH}: wrong password : unknown name",
            f"{known:.1f} ms : {nobody:.1f} ms = {ratio:.3f}",
            "0.95 to 1.05",
            0.95 <= ratio <= 1.05,
        )
    ]


def _request(url: str, name: str, n: int) -> bytes:
    body = msgspec.json.encode({"username": name, "password": "not the right password"})
    elsewhere = Wire(url, {"X-Forwarded-For": f"10.{n // 250}.{n % 250}.1"})
    return elsewhere.request("POST", "/api/v1/auth/login", body)
