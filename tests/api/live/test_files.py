"""Files over real connections to a real API process: large, flooding, and cut off."""

import asyncio
import hashlib
import os
from datetime import UTC, datetime
from uuid import UUID

import httpx
import msgspec
import psutil
import pytest
from sqlalchemy import text

from support.waiting import eventually
from taskforge.core.files import MAX_UPLOAD_BYTES
from taskforge.core.history import ArtifactRecord
from taskforge.core.ids import new_id
from taskforge.core.people import Role
from taskforge.db import credentials, people
from taskforge.db.engine import open_engine
from taskforge.flows.tokens import new_access, signing_key
from taskforge.outside.store import Store

MIB = 1024**2
BIG = 48 * MIB
PIECE = os.urandom(64 * 1024)


@pytest.fixture
def store(settings):
    return Store(settings.artifacts_dir)


@pytest.fixture
async def db(settings):
    engine = open_engine(settings, statement_seconds=5)
    yield engine
    await engine.dispose()


@pytest.fixture
async def operator_token(settings, db):
    async with db.connect() as connection:
        person = await people.insert_user(
            connection,
            username="olga",
            email="olga@example.com",
            password_hash="-",
            role=Role.OPERATOR,
        )
        assert person
        session_id = await credentials.open_session(
            connection,
            person.id,
            digest="-",
            checked=person.password_changed_at,
            user_agent=None,
            ip="192.0.2.1",
        )
        assert session_id
    return new_access(signing_key(settings), user_id=person.id, session_id=session_id)


@pytest.fixture
async def client(server, operator_token):
    headers = {"Authorization": f"Bearer {operator_token}"}
    async with httpx.AsyncClient(
        base_url=f"{server.url}/api/v1", headers=headers, timeout=30
    ) as client:
        yield client


def memory(server):
    return psutil.Process(server.process.pid).memory_info().rss


async def pieces(size):
    for _ in range(size // len(PIECE)):
        yield b"x" * len(PIECE)


def parts(store):
    return list(store.incoming_folder.glob("*"))


async def begun(server, token, *headers):
    """A connection on which the head of an upload has been sent."""
    port = int(server.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = ["POST /api/v1/uploads?filename=a.txt HTTP/1.1", "Host: test"]
    head += [f"Authorization: Bearer {token}", *headers, "", ""]
    writer.write("\r\n".join(head).encode())
    return reader, writer


async def test_a_large_upload_is_not_held_in_memory(client, server, store):
    before = memory(server)

    answer = await client.post("/uploads", params={"filename": "a.txt"}, content=pieces(BIG))

    assert answer.status_code == 201
    kept = answer.json()
    assert kept["size_bytes"] == BIG == store.upload(UUID(kept["id"])).stat().st_size
    assert memory(server) - before < 24 * MIB
    await client.delete(f"/uploads/{kept['id']}")


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "announced"])
@pytest.mark.parametrize("reset", [True, False], ids=["reset", "half closed"])
async def test_a_client_that_vanishes_leaves_nothing(
    server, store, operator_token, db, chunked, reset
):
    length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 9000000"
    _, writer = await begun(server, operator_token, length)
    piece = b"x" * 300_000
    for _ in range(4):
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
    await writer.drain()

    async def some():
        return parts(store)

    async def nothing():
        return not parts(store)

    await eventually(some)
    if reset:
        writer.transport.abort()
    else:
        writer.write_eof()
    await eventually(nothing, within=10)
    writer.close()
    async with db.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM uploads")) == 0


async def test_a_flood_is_stopped_at_the_limit(server, operator_token, store):
    reader, writer = await begun(server, operator_token, "Transfer-Encoding: chunked")
    piece = b"x" * MIB
    sent = 0

    async def flood():
        nonlocal sent
        while True:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
            sent += len(piece)

    flooding = asyncio.create_task(flood())
    async with asyncio.timeout(20):
        status = await reader.readline()
    flooding.cancel()
    await asyncio.wait([flooding])

    assert b" 413 " in status
    assert sent < MAX_UPLOAD_BYTES + 16 * MIB
    assert not parts(store)
    writer.transport.abort()


@pytest.fixture
async def large(db, store):
    """An artifact of 48 MiB; its address and digest."""
    content = PIECE * (BIG // len(PIECE))
    record = ArtifactRecord(
        name="large.bin",
        attempt=1,
        media_type="application/octet-stream",
        size_bytes=BIG,
        sha256=hashlib.sha256(content).hexdigest(),
        created_at=datetime.now(UTC),
    )
    job_id = new_id()
    place = store.artifact(job_id, record)
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    async with db.connect() as connection:
        await connection.execute(
            text(
                "INSERT INTO job_artifacts (job_id, name, attempt, media_type, size_bytes, sha256)"
                " VALUES (:job_id, :name, :attempt, :media_type, :size_bytes, :sha256)"
            ),
            {"job_id": job_id, **msgspec.structs.asdict(record)},
        )
    yield f"/jobs/{job_id}/artifacts/large.bin", record.sha256
    place.unlink()


async def test_a_large_file_comes_as_it_is_while_others_are_served(client, server, large):
    url, sha256 = large
    before, digest = memory(server), hashlib.sha256()

    async with client.stream("GET", url) as answer:
        pieces = answer.aiter_bytes()
        digest.update(await anext(pieces))
        assert (await client.get("/job-types")).status_code == 200
        async for piece in pieces:
            digest.update(piece)

    assert digest.hexdigest() == sha256
    assert memory(server) - before < 24 * MIB


async def test_a_client_that_stops_reading_leaves_no_file_open(client, server, large):
    url, _ = large
    process = psutil.Process(server.process.pid)

    def held():
        return [file for file in process.open_files() if file.path.endswith("large.bin")]

    async with client.stream("GET", url) as answer:
        await anext(answer.aiter_bytes())
        assert held()

    async def let_go():
        return not held()

    await eventually(let_go)


async def test_a_head_request_and_a_range_over_a_real_connection(client, large):
    url, sha256 = large

    head = await client.head(url)
    part = await client.get(url, headers={"Range": "bytes=65536-131071"})

    assert (head.headers["content-length"], head.headers["etag"]) == (str(BIG), f'"{sha256}"')
    assert (part.status_code, part.content) == (206, PIECE)
