"""The description of the API is complete, and its page works without the network."""

import re
from typing import Any

import httpx
import msgspec
import pytest


@pytest.fixture
async def schema(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/api/openapi.json")
    assert answer.headers["content-type"].startswith("application/json")
    return answer.json()


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


async def test_every_operation_has_a_plain_name_a_tag_and_words(schema: dict[str, Any]):
    assert schema["openapi"].startswith("3.1")
    names = [operation["operationId"] for _, _, operation in operations(schema)]
    assert len(names) == len(set(names)) >= 11
    for method, path, operation in operations(schema):
        assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", operation["operationId"]), path
        assert operation["tags"], (method, path)
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)


async def test_every_error_is_a_problem_document(schema: dict[str, Any]):
    for method, path, operation in operations(schema):
        for status, response in operation["responses"].items():
            if status[0] in "45" and path != "/health/ready":
                assert list(response["content"]) == ["application/problem+json"], (method, path)
                content = response["content"]["application/problem+json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
                assert content["example"]["status"] == int(status)
        if not path.startswith("/health"):
            assert "429" in operation["responses"], (method, path)


async def test_what_needs_an_account_says_so(schema: dict[str, Any]):
    open_paths = {
        path for _, path, operation in operations(schema) if operation.get("security") is not None
    }

    assert schema["security"] == [{"bearer": []}, {"apiKey": []}]
    assert set(schema["components"]["securitySchemes"]) == {"bearer", "apiKey", "session"}
    assert open_paths == {
        "/api/v1/auth/register",
        "/api/v1/auth/login",
        "/api/v1/auth/refresh",
        "/health/live",
        "/health/ready",
    }


async def test_every_request_body_has_an_example(schema: dict[str, Any]):
    for method, path, operation in operations(schema):
        if "requestBody" in operation:
            contents = operation["requestBody"]["content"].values()
            assert any(content.get("example") for content in contents), (method, path)


async def test_every_reference_leads_somewhere(schema: dict[str, Any]):
    text = msgspec.json.encode(schema).decode()
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', text))

    assert referred <= set(schema["components"]["schemas"])


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
        assert f"id='{code}'" in page


async def test_the_first_page_links_the_docs(client: httpx.AsyncClient):
    page = await client.get("/")

    assert page.status_code == 200
    assert 'href="/api/docs"' in page.text
    assert "<script" not in page.text
