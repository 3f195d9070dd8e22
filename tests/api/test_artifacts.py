"""Downloading what jobs made: whole, in ranges, conditionally, and never rendered."""

import hashlib
import os
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from taskforge.core.history import ArtifactRecord
from tests.api.orders import submitted

pytestmark = pytest.mark.usefixtures("own_store")
UNKNOWN = "01900000-0000-7000-8000-000000000000"
CONTENT = bytes(range(256)) * 4
TAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'
SIZE = len(CONTENT)


@pytest.fixture
async def make(operator, deps):
    """Make an artifact, as a worker would have; its address."""

    async def make(name="out.bin", content=CONTENT, media_type="application/octet-stream"):
        job_id = UUID((await submitted(operator))["id"])
        record = ArtifactRecord(
            name=name,
            attempt=1,
            media_type=media_type,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            created_at=datetime.now(UTC),
        )
        async with deps.db.connect() as connection:
            await connection.execute(
                text(
                    "INSERT INTO job_artifacts (job_id, name, attempt, media_type, size_bytes,"
                    " sha256) VALUES (:job_id, :name, :attempt, :media_type, :size_bytes, :sha256)"
                ),
                {"job_id": job_id, **msgspec.structs.asdict(record)},
            )
        place = deps.store.artifact(job_id, record)
        place.parent.mkdir(parents=True)
        place.write_bytes(content)
        return f"/api/v1/jobs/{job_id}/artifacts/{name}", place

    return make


async def test_a_file_comes_whole_as_an_attachment(viewer, make):
    url, _ = await make("report.csv", b"a,b\n1,2\n", "text/csv")

    answer = await viewer.get(url)

    assert (answer.status_code, answer.content) == (200, b"a,b\n1,2\n")
    assert answer.headers["content-disposition"] == 'attachment; filename="report.csv"'
    assert answer.headers["content-type"] == "text/csv"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == "8"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'


@pytest.mark.parametrize(
    ("media_type", "served"),
    [
        ("text/html", "text/plain; charset=utf-8"),
        ("text/html; charset=utf-8", "text/plain; charset=utf-8"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("application/json", "application/json"),
    ],
)
async def test_what_a_browser_could_run_is_served_as_something_else(
    operator, make, media_type, served
):
    url, _ = await make("page.html", b"<script>alert(1)</script>", media_type)

    assert (await operator.get(url)).headers["content-type"] == served


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=1000-", 1_000, SIZE),
        ("bytes=-24", SIZE - 24, SIZE),
        ("bytes=-99999", 0, SIZE),
        ("bytes=1000-99999", 1_000, SIZE),
    ],
)
async def test_one_range_is_honoured(operator, make, asked, start, end):
    url, _ = await make()

    answer = await operator.get(url, headers={"Range": asked})

    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize(
    "asked",
    ["bytes=", "bytes=-", "bytes=5-2", "bytes=a-b", "items=0-1", "bytes=0-1,4-5", "9" * 5_000],
)
async def test_what_is_no_single_range_brings_the_whole_file(operator, make, asked):
    url, _ = await make()

    answer = await operator.get(url, headers={"Range": asked})

    assert (answer.status_code, answer.content) == (200, CONTENT)


@pytest.mark.parametrize(
    ("asked", "content"),
    [(f"bytes={SIZE}-", CONTENT), ("bytes=-0", CONTENT), ("bytes=0-", b"")],
    ids=["beyond", "nothing", "empty file"],
)
async def test_a_range_beyond_the_end_is_refused_with_the_size(operator, make, asked, content):
    url, _ = await make(content=content)

    answer = await operator.get(url, headers={"Range": asked})

    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(content)}"


@pytest.mark.parametrize(
    ("condition", "status"),
    [(TAG, 206), (f"W/{TAG}", 200), ('"other"', 200), ("Mon, 23 Nov 2026 03:00:00 GMT", 200)],
)
async def test_a_range_of_another_file_is_not_mixed_in(operator, make, condition, status):
    url, _ = await make()

    answer = await operator.get(url, headers={"Range": "bytes=0-9", "If-Range": condition})

    assert answer.status_code == status


@pytest.mark.parametrize("known", [TAG, f'"other", W/{TAG}', "*"])
async def test_what_the_client_has_is_not_sent_again(operator, make, known):
    url, _ = await make()

    answer = await operator.get(url, headers={"If-None-Match": known, "Range": "bytes=9999-"})

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == TAG


async def test_a_head_request_brings_the_headers_alone(operator, make):
    url, _ = await make()

    answer = await operator.head(url, headers={"Range": "bytes=0-9"})

    assert (answer.status_code, answer.content) == (200, b"")
    assert (answer.headers["content-length"], answer.headers["etag"]) == (str(SIZE), TAG)


async def test_an_empty_file_is_a_file(operator, make):
    url, _ = await make(content=b"")

    answer = await operator.get(url)

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "0"


@pytest.mark.parametrize("harm", [os.unlink, lambda place: os.truncate(place, 5)])
async def test_a_file_that_the_store_has_lost_is_told_and_not_guessed(operator, make, harm):
    url, place = await make()
    harm(place)

    answer = await operator.get(url)

    assert (answer.status_code, answer.json()["code"]) == (404, "file_missing")
    assert str(place.parent) not in answer.text


@pytest.mark.parametrize(
    "name",
    ["other.bin", "..%2F..%2Fsecret", "%2e%2e", "a%00b", ".hidden", "x" * 5_000, "a%0d%0ab", "a b"],
    ids=range(8),
)
async def test_a_name_that_is_none_is_not_found(operator, make, name):
    url, _ = await make()

    answer = await operator.get(f"{url.rpartition('/')[0]}/{name}")

    assert answer.status_code == 404


async def test_a_job_that_never_was_has_no_files(operator):
    answer = await operator.get(f"/api/v1/jobs/{UNKNOWN}/artifacts/out.bin")

    assert answer.status_code == 404


async def test_nobody_without_an_account_downloads(client, make):
    url, _ = await make()

    assert (await client.get(url)).status_code == 401


async def test_deleting_a_job_deletes_its_files(operator, make):
    url, place = await make()
    job = url.partition("/artifacts")[0]
    await operator.post(f"{job}/cancel")

    assert (await operator.delete(job)).status_code == 204
    assert not place.parent.exists()
