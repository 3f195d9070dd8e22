"""The description as it is served, and its page, which works without the network."""

import re

import httpx

from taskforge.api.openapi.document import describe


async def test_the_description_is_served_with_the_job_types_of_the_process(client, app, deps):
    answer = await client.get("/api/openapi.json")

    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == describe(app, deps.registry.descriptions)


async def test_the_docs_page_needs_nothing_from_elsewhere(client: httpx.AsyncClient):
    page = await client.get("/api/docs")

    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "unsafe-eval" not in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(files) >= 4
    for file in files:
        assert file.startswith("/api/docs/assets/")
        answer = await client.get(file)
        assert (answer.status_code, len(answer.content) > 100) == (200, True)
        assert "max-age" in answer.headers["cache-control"]


async def test_every_problem_type_can_be_looked_up(client: httpx.AsyncClient):
    page = (await client.get("/api/docs/problems")).text

    for code in ("not_found", "invalid", "rate_limited", "unavailable"):
        assert f'id="{code}"' in page


async def test_the_first_page_links_the_docs(client: httpx.AsyncClient):
    page = await client.get("/")

    assert page.status_code == 200
    assert 'href="/api/docs"' in page.text
    assert "<script" not in page.text
