import asyncio

import msgspec
import pytest

from taskforge.core.failures import BlockedByPolicy, InvalidInput, RateLimited, TargetError
from taskforge.handlers.builtin.data_processing import data_processing
from taskforge.handlers.data.dataset import Source
from taskforge.handlers.data.given import bring
from taskforge.handlers.data.payload import DataPayload
from taskforge.outside.http.client import SafeHttp
from tests.handlers.conftest import LocalContext

CSV = b"city,degrees\nOslo,-3\nRome,11\n"
NDJSON = b'{"city": "Oslo", "degrees": -3}\n{"city": "Rome", "degrees": 11}\n'
JSON = b'[{"city": "Oslo", "degrees": -3}, {"city": "Rome", "degrees": 11}]'
TSV = CSV.replace(b",", b"\t")


class Host:
    """An HTTP server on loopback that gives each path what it has been told."""

    def __init__(self):
        self.replies = {}
        self.address = ""

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def serve(self, reader, writer):
        line = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        status, headers, body = self.replies[line]
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status} So\r\nconnection: close\r\n{head}\r\n".encode() + body)
        await writer.drain()
        writer.close()


@pytest.fixture
async def host():
    async with Host() as host:
        yield host


@pytest.fixture
async def near(tmp_path, host):
    """A context that may reach the host."""
    context = LocalContext(tmp_path, http=SafeHttp(frozenset({host.address})))
    yield context
    await context.http.aclose()


async def fetched(near, host, path, *, status=200, body=CSV, format=None, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    host.replies[path] = (status, named, body)
    dataset = {"url": f"http://{host.address}{path}"} | ({"format": format} if format else {})
    ask = msgspec.convert({"dataset": dataset, "operation": "filter"}, DataPayload)
    return await data_processing(ask, near)


@pytest.mark.parametrize(
    ("path", "body", "more"),
    [
        ("/a.csv?x=1", CSV, {}),
        ("/a.tsv", TSV, {}),
        ("/a.jsonl", NDJSON, {}),
        ("/a.json", JSON, {}),
        ("/table", CSV, {"content_type": "text/csv; charset=utf-8"}),
        ("/table", NDJSON, {"content_type": "application/x-ndjson"}),
        ("/table", JSON, {"content_type": "application/json"}),
        ("/table.php", TSV, {"format": "tsv"}),
    ],
)
async def test_a_table_at_an_address_is_read(near, host, path, body, more):
    result = await fetched(near, host, path, body=body, **more)

    assert result["preview"]["rows"] == [["Oslo", -3], ["Rome", 11]]
    assert near.told[0].message == "downloading"


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        ({"status": 404}, InvalidInput, "status 404"),
        ({"status": 500}, TargetError, "status 500"),
        ({"status": 429, "retry_after": "7"}, RateLimited, "patience"),
        ({"status": 204, "body": b""}, TargetError, "status 204"),
        ({"content_type": "text/html"}, InvalidInput, "say it in `format`"),
        ({"body": b"x" * 20_000_001, "content_type": "text/csv"}, InvalidInput, "upload it"),
        ({"body": b"PAR1no", "format": "parquet"}, InvalidInput, "table cannot be read"),
    ],
)
async def test_what_is_no_table_there_is_refused_with_the_reason(near, host, reply, error, message):
    with pytest.raises(error, match=message) as caught:
        await fetched(near, host, "/table", **reply)

    assert str(near.workdir()) not in str(caught.value)
    if error is RateLimited:
        assert caught.value.retry_after == 7


async def test_an_address_of_this_host_is_blocked(ctx, host):
    with pytest.raises(BlockedByPolicy):
        await bring(Source(url=f"http://{host.address}/a.csv"), ctx)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", CSV), ("a.tsv", TSV), ("a.ndjson", NDJSON), ("a.json", JSON)],
)
async def test_an_upload_is_read(ctx, name, content):
    upload_id = ctx.give_upload(name, content)
    payload = {"dataset": {"upload": str(upload_id)}, "operation": "filter"}

    result = await data_processing(msgspec.convert(payload, DataPayload), ctx)

    assert result["preview"]["rows"] == [["Oslo", -3], ["Rome", 11]]
    assert result["dataset"] == f"upload {upload_id}"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.text", b"hello", "notes.text is text; tables are read from CSV"),
        ("bad.parquet", b"PAR1no", "bad.parquet cannot be read"),
        ("bad.json", b'{"a": [}', "bad.json cannot be read"),
    ],
)
async def test_an_upload_that_is_no_table_is_refused_by_its_name(ctx, name, content, message):
    payload = {"dataset": {"upload": str(ctx.give_upload(name, content))}, "operation": "filter"}

    with pytest.raises(InvalidInput, match=message) as caught:
        await data_processing(msgspec.convert(payload, DataPayload), ctx)

    assert str(ctx.workdir().parent) not in str(caught.value)
