"""What no client sends by accident, at every address of the description (T-59).

Each answer is below 500 and a problem document that says which part is at fault; what is taken can
be read back.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from taskforge.api.errors import Problem
from tests.api.fuzz.hostile import (
    TOO_MUCH,
    UNACCEPTABLE,
    UNREADABLE,
    VALUES,
    WORDS,
    Make,
    Route,
    routes_with_bodies,
)

NOBODY = "01a205e8-d031-7390-9e56-15a28f9d60d7"
SPENT = 429
"""Of sign-ins with one name, only a few may be wrong."""


@pytest.fixture
async def admin(service) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=service.url, timeout=30, trust_env=False) as client:
        client.headers.update(await service.headers("admin"))
        yield client


@pytest.fixture
async def document(admin) -> dict[str, Any]:
    return (await admin.get("/api/openapi.json")).json()


@pytest.fixture
def routes(document) -> list[Route]:
    return list(routes_with_bodies(document))


async def sent(client: httpx.AsyncClient, route: Route, body: bytes) -> httpx.Response:
    path = re.sub(r"{\w+}", NOBODY, route.path.replace("{name}", "email"))
    headers = {"Content-Type": "application/json"}
    return await client.request(route.method, path, content=body, headers=headers)


def fault(answer: httpx.Response) -> str | None:
    """What is wrong with an answer that refuses; None is what we want."""
    if answer.status_code >= 500:
        return f"{answer.status_code} {answer.text[:200]}"
    if answer.status_code < 400:
        return None
    if answer.headers["content-type"] != "application/problem+json":
        return f"no problem document: {answer.text[:200]}"
    problem = msgspec.json.decode(answer.content, type=Problem)
    if len(answer.content) > 4_096:
        return f"an answer of {len(answer.content):,} bytes"
    named = all(it.pointer is not None or it.parameter for it in problem.errors)
    if problem.status == 422 and not (problem.errors and named):
        return f"does not say where: {answer.text[:300]}"
    return None


async def wrong(client: httpx.AsyncClient, routes: list[Route], make: Make, *expected: int):
    """Every operation whose answer is not as it must be, and that answer."""
    answers = [(route.name, await sent(client, route, make(route))) for route in routes]
    return [
        (name, found)
        for name, answer in answers
        if (found := fault(answer))
        or (answer.status_code not in (*expected, SPENT) and (found := answer.text[:300]))
    ]


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_a_body_that_is_no_json_is_malformed(admin, routes, kind):
    assert await wrong(admin, routes, UNREADABLE[kind], 400) == []


@pytest.mark.parametrize("kind", UNACCEPTABLE)
async def test_a_body_that_cannot_be_kept_is_refused(admin, routes, kind):
    assert await wrong(admin, routes, UNACCEPTABLE[kind], 422) == []


@pytest.mark.parametrize("kind", TOO_MUCH)
async def test_a_body_beyond_all_bounds_is_refused(admin, routes, kind):
    assert await wrong(admin, routes, TOO_MUCH[kind], 400, 413, 422) == []


async def test_no_value_of_any_field_breaks_anything(admin, routes):
    faults = [
        (route.name, key, value[:40], found)
        for route in routes
        for key in route.fields
        for value in VALUES
        if (found := fault(await sent(admin, route, route.having(key, value))))
    ]
    assert faults == []


async def test_no_value_of_any_parameter_breaks_anything(admin, document):
    faults: list[Any] = []
    for path, operation in readings(document):
        for parameter in operation["parameters"]:
            if "$ref" in parameter:  # a header, which several share
                continue
            for word in WORDS:
                address = put(path, parameter, word)
                answer = await admin.get(httpx.URL(admin.base_url.copy_with(raw_path=address)))
                found = fault(answer)
                if found:
                    faults.append((address[:200], found))
    assert faults == []


def readings(document: dict[str, Any]):
    """Addresses to read that take parameters; the stream of events never ends."""
    for path, methods in document["paths"].items():
        operation = methods.get("get", {})
        if operation.get("parameters") and operation["operationId"] != "followEvents":
            yield path, operation


def put(path: str, parameter: dict[str, Any], word: str) -> bytes:
    name = parameter["name"]
    if parameter["in"] == "path":
        path, query = path.replace(f"{{{name}}}", word), ""
    else:
        query = f"?{name}={word}"
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + NOBODY + rest.partition("}")[2]
    return f"{path}{query}".encode("ascii", "replace")


async def test_what_was_taken_can_be_read_back(admin):
    """After all that, as before it."""
    lists = ["jobs", "uploads", "users", "audit", "auth/api-keys", "webhooks/deliveries"]
    answers = await asyncio.gather(
        *(
            admin.get(f"/api/v1/{it}?limit=200" if it != "auth/api-keys" else f"/api/v1/{it}")
            for it in lists
        )
    )

    assert [answer.status_code for answer in answers] == [200] * len(lists)
