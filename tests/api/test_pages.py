"""Pages run no script or style that their policy does not name, and explain every problem."""

import hashlib
import re
from base64 import b64encode

import httpx
import msgspec
import pytest

from taskforge.api.app import create_app
from taskforge.api.catalogue import KINDS
from taskforge.config import Settings
from tests.api.conftest import http_client, living
from tests.api.test_errors import problem

PAGES = ["/", "/api/docs", "/api/docs/problems"]
INLINE = re.compile(r"<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_no_style_or_script_that_its_policy_does_not_name(
    client: httpx.AsyncClient, path: str
):
    answer = await client.get(path)
    policy = answer.headers["content-security-policy"]

    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert not INLINE.search(answer.text)
    for style in re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL):
        digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


@pytest.mark.parametrize("path", PAGES)
async def test_all_that_a_page_refers_to_is_here(client: httpx.AsyncClient, path: str):
    page = (await client.get(path)).text

    for target in set(re.findall(r'(?:src|href)="(/[^"#]*)', page)):
        assert (await client.get(target)).is_success, target


async def test_the_type_of_a_problem_leads_to_its_explanation(client: httpx.AsyncClient):
    page, _, anchor = problem(await client.get("/nowhere"), 404)["type"].partition("#")

    assert f'id="{anchor}"' in (await client.get(page)).text


async def test_every_code_is_explained(client: httpx.AsyncClient):
    page = (await client.get("/api/docs/problems")).text

    assert re.findall(r'<article id="(.*?)"', page) == list(KINDS)


async def test_the_documentation_can_be_hidden_but_not_the_problems(settings: Settings):
    app = create_app(msgspec.structs.replace(settings, docs_public=False))
    async with living(app), http_client(app) as client:
        hidden = ["/api/docs", "/api/docs/", "/api/docs/openapi.json", "/api/openapi.json"]
        hidden.append("/api/docs/assets/start.js")
        for path in hidden:
            problem(await client.get(path), 404)
        assert (await client.get("/api/docs/problems")).is_success
        root = (await client.get("/")).text

    assert "/api/openapi.json" not in root
    assert "Version" not in root


async def test_what_is_not_in_the_documentation_is_a_problem(client: httpx.AsyncClient):
    problem(await client.get("/api/docs/nowhere"), 404)
    problem(await client.get("/api/docs/assets/nowhere"), 404)
