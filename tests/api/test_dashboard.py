"""The dashboard before the API: which address gets a page, which a file, which neither."""

import gzip
from typing import cast

import httpx
import pytest
from litestar import Litestar

from taskforge.api.app import create_app
from taskforge.api.dashboard import CSP, PLACES, Dashboard, find_built, read_built
from taskforge.api.envelope import Envelope
from taskforge.config import load
from taskforge.core.errors import NotFound
from tests.api.conftest import http_client, living
from tests.api.test_errors import problem

INDEX = "<!doctype html><title>TaskForge</title>"
SCRIPT = "console.log('hello');" * 100
HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def dist(tmp_path):
    files = {
        "index.html": INDEX,
        "theme.js": "1",
        ".stamp": "secret",
        ".vite/manifest.json": "{}",
        "assets/index-1.js": SCRIPT,
        "assets/font-1.woff2": "font",
        "assets/notes.md": "no kind that the build makes",
    }
    for name, text in files.items():
        path = tmp_path / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    packed = tmp_path / "dist" / "assets" / "index-1.js.gz"
    packed.write_bytes(gzip.compress(SCRIPT.encode()))
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "secret.js").write_text("secret")
    (tmp_path / "dist" / "linked.js").symlink_to(tmp_path / "secret.js")
    (tmp_path / "dist" / "away").symlink_to(tmp_path)
    return tmp_path / "dist"


@pytest.fixture
async def app(settings, dist):
    async with living(create_app(settings, dashboard=dist)) as app:
        yield app


@pytest.fixture
async def alone(dist):
    """The dashboard before nothing at all."""
    envelope = Envelope(Dashboard(nothing, read_built(dist)), load({}), lambda _: [])

    async def served(scope, receive, send):
        await envelope({**scope, "state": {}}, receive, send)

    async with http_client(cast("Litestar", served)) as client:
        yield client


async def nothing(scope, receive, send):
    raise NotFound("There is nothing at this address.")


@pytest.mark.parametrize("path", ["/", "/jobs", "/jobs/0190", "/settings/keys", "/nowhere", "//x"])
async def test_an_address_asked_for_as_a_page_is_the_page(alone: httpx.AsyncClient, path: str):
    answer = await alone.get(f"http://testserver{path}", headers=HTML)

    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


def test_the_policy_lets_no_inline_script_or_style_run():
    assert "unsafe" not in CSP
    assert CSP.startswith("default-src 'none'")
    assert "require-trusted-types-for 'script'" in CSP


@pytest.mark.parametrize(
    "path",
    ["/api/v1/nowhere", "/api", "/ws/x", "/health/nowhere", "/docs", "/assets/gone-2.js",
     "/assets/", "/assets/notes.md", "/assets/index-1.js.gz"],
)  # fmt: skip
async def test_what_is_not_there_is_a_problem_also_for_a_browser(
    alone: httpx.AsyncClient, path: str
):
    problem(await alone.get(path, headers=HTML), 404)


@pytest.mark.parametrize(
    "path",
    ["/assets/../theme.js/../../secret", "/assets/%2e%2e/%2e%2e/secret", "/.stamp",
     "/.vite/manifest.json", "/assets/index-1.js%00.css", "/assets/" + "a" * 8_000, "/linked.js",
     "/away/secret.js", "/theme.js/", "/assets%2findex-1.js/..%2f..%2fsecret"],
)  # fmt: skip
async def test_nothing_but_what_was_built_is_served(dist, alone: httpx.AsyncClient, path: str):
    answer = await alone.get(path, headers={"Accept": "*/*"})

    assert answer.status_code == 404
    assert "secret" not in answer.text


async def test_without_asking_for_a_page_an_unknown_address_is_a_problem(client):
    problem(await client.get("/jobs"), 404)
    problem(await client.get("/jobs", headers={"Accept": "application/json"}), 404)
    problem(await client.post("/jobs", headers=HTML), 404)


async def test_files_named_after_their_content_stay_for_ever_and_others_are_asked_for(alone):
    asset = await alone.get("/assets/font-1.woff2")
    theme = await alone.get("/theme.js")

    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-type"] == "font/woff2"
    assert theme.headers["cache-control"] == "no-cache"
    assert "content-security-policy" in theme.headers


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br, zstd", "gzip"), ("br", None), ("", None), ("identity", None),
     ("gzip;q=0", None), ("gzip; q=0.0, br", None), ("GZIP;q=0.5", "gzip")],
)  # fmt: skip
async def test_the_best_coding_that_is_here_and_taken_is_sent(alone, accepted, coding):
    answer = await alone.get("/assets/index-1.js", headers={"Accept-Encoding": accepted})

    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "accept-encoding"
    assert answer.text == SCRIPT


async def test_a_known_tag_is_answered_without_a_body_and_belongs_to_one_coding(alone):
    plain = await alone.get("/assets/index-1.js", headers={"Accept-Encoding": "identity"})
    packed = await alone.get("/assets/index-1.js", headers={"Accept-Encoding": "gzip"})

    again = await alone.get(
        "/assets/index-1.js",
        headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]},
    )

    assert plain.headers["etag"] != packed.headers["etag"]
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == packed.headers["etag"]
    assert "content-length" not in again.headers


async def test_head_says_what_get_says_without_the_body(alone):
    got = await alone.get("/jobs", headers=HTML)
    headed = await alone.head("/jobs", headers=HTML)

    assert (headed.status_code, headed.content) == (200, b"")
    for name in ("content-length", "content-type", "etag", "content-security-policy"):
        assert headed.headers[name] == got.headers[name]


async def test_the_api_is_as_it_was_behind_it(client):
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/api/docs", headers=HTML)).text != INDEX
    problem(await client.get("/api/v1/jobs", headers=HTML), 401)


async def test_a_build_that_changes_on_disk_is_served_as_it_was(app: Litestar, client, dist):
    (dist / "index.html").write_text("half of another")

    assert (await client.get("/")).text == INDEX


def test_only_a_whole_build_is_found(monkeypatch, dist, tmp_path):
    monkeypatch.setattr("taskforge.api.dashboard.PLACES", (tmp_path / "none", dist))
    assert find_built() == dist

    (dist / "index.html").unlink()

    assert find_built() is None
    assert [place.name for place in PLACES] == ["dashboard", "dist"]


def test_hidden_files_and_kinds_that_nobody_builds_are_left_out(dist):
    assert sorted(read_built(dist)) == [
        "/assets/font-1.woff2", "/assets/index-1.js", "/index.html", "/theme.js",
    ]  # fmt: skip
