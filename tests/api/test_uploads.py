"""Uploads: what is taken, what is refused, and that nothing is left of what was not kept."""

import asyncio
import hashlib
import os
from datetime import datetime

import pytest
from sqlalchemy import text

from taskforge.api import uploading
from taskforge.api.routes import uploads as routes
from taskforge.core.files import MAX_KEPT_BYTES, MAX_UPLOAD_BYTES
from taskforge.core.ids import new_id

pytestmark = pytest.mark.usefixtures("own_store")
CSV = b"region,amount\nnorth,1\nsouth,2\n"
UNKNOWN = "01900000-0000-7000-8000-000000000000"
UPLOADS = "/api/v1/uploads"
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
HALF = b"--x\r\nContent-Disposition: form-data; name=a; filename=a.csv\r\n\r\n1"


def files_in(deps):
    return sorted(path for path in deps.store.folder.rglob("*") if path.is_file())


async def test_a_file_is_kept_for_a_day(operator, deps):
    answer = await operator.post(UPLOADS, params={"filename": "sales.csv"}, content=CSV)

    kept = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{UPLOADS}/{kept['id']}"
    assert (kept["filename"], kept["format"], kept["size_bytes"]) == ("sales.csv", "csv", len(CSV))
    assert kept["sha256"] == hashlib.sha256(CSV).hexdigest()
    born, dies = (datetime.fromisoformat(kept[name]) for name in ("created_at", "expires_at"))
    assert (dies - born).total_seconds() == pytest.approx(86_400, abs=5)
    assert [path.read_bytes() for path in files_in(deps)] == [CSV]
    assert (await operator.get(f"{UPLOADS}/{kept['id']}")).json() == kept


async def test_what_is_not_what_it_says_is_refused(operator, deps):
    answer = await operator.post(UPLOADS, params={"filename": "a.parquet"}, content=CSV)

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_file")
    assert files_in(deps) == []


@pytest.mark.parametrize("given", ["../../a\0b\r\n.csv", "ab\u202e.csv"])
async def test_a_hostile_name_becomes_a_plain_one(operator, given):
    answer = await operator.post(UPLOADS, params={"filename": given}, content=CSV)

    assert (answer.status_code, answer.json()["filename"]) == (201, "ab.csv")


@pytest.mark.parametrize(
    "disposition",
    ['attachment; filename="a b.csv"', "attachment; filename*=UTF-8''a%20b.csv"],
)
async def test_a_name_may_come_in_a_header(operator, disposition):
    headers = {"Content-Disposition": disposition, "Content-Type": "application/octet-stream"}

    answer = await operator.post(UPLOADS, headers=headers, content=CSV)

    assert (answer.json()["filename"], answer.json()["format"]) == ("a b.csv", "csv")


async def test_without_a_name_the_media_type_tells(operator):
    answer = await operator.post(UPLOADS, headers={"Content-Type": "text/csv"}, content=CSV)

    assert (answer.json()["filename"], answer.json()["format"]) == ("upload", "csv")


async def test_a_form_with_one_file_is_as_good(operator):
    answer = await operator.post(UPLOADS, files={"file": ("sales.csv", CSV, "text/csv")})

    kept = answer.json()
    assert (kept["filename"], kept["format"]) == ("sales.csv", "csv")
    assert kept["sha256"] == hashlib.sha256(CSV).hexdigest()


@pytest.mark.parametrize(
    "form",
    [
        {"files": {"a": ("a.csv", CSV), "b": ("b.csv", CSV)}},
        {"files": {"a": ("a.csv", CSV)}, "data": {"note": "hello"}},
        {"files": {"note": (None, b"hello")}},
        {"headers": FORM, "content": b"--x\r\n"},
        {"headers": FORM, "content": b"--x--\r\n"},
        {"headers": {"Content-Type": "multipart/form-data"}, "content": b"--x\r\n"},
        {"headers": FORM, "content": b"nothing"},
        {"headers": FORM, "content": HALF},
    ],
    ids=["two", "a field", "no file", "cut", "none", "no boundary", "no form", "no end"],
)
async def test_any_other_form_is_refused(operator, deps, form):
    answer = await operator.post(UPLOADS, **form)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_form")
    assert files_in(deps) == []


async def endless(piece=b"x" * 65_536):
    while True:
        yield piece


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "10"}], ids=["chunked", "lying"])
async def test_more_than_the_limit_is_refused_as_soon_as_it_is_passed(operator, deps, headers):
    answer = await operator.post(
        UPLOADS, params={"filename": "a.txt"}, content=endless(), headers=headers
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert f"{MAX_UPLOAD_BYTES:,}" in answer.json()["detail"]
    assert files_in(deps) == []


async def test_an_announced_excess_is_refused_before_a_byte_is_read(operator):
    async def unread():
        raise AssertionError("the body was read")
        yield b""

    headers = {"Content-Length": str(MAX_UPLOAD_BYTES + 1)}

    answer = await operator.post(UPLOADS, content=unread(), headers=headers)

    assert answer.status_code == 413


async def test_fewer_bytes_than_announced_are_no_file(operator, deps):
    answer = await operator.post(
        UPLOADS, params={"filename": "a.csv"}, content=CSV, headers={"Content-Length": "5000"}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "cut_off")
    assert files_in(deps) == []


async def test_a_packed_body_is_not_taken(operator):
    answer = await operator.post(UPLOADS, content=CSV, headers={"Content-Encoding": "gzip"})

    assert answer.status_code == 415


async def test_other_routes_keep_their_own_limit(operator):
    answer = await operator.post("/api/v1/jobs", content=b" " * 1_100_000)

    assert answer.status_code == 413


async def test_a_viewer_looks_and_does_not_upload(viewer, operator):
    kept = (await operator.post(UPLOADS, params={"filename": "a.csv"}, content=CSV)).json()

    assert (await viewer.post(UPLOADS, content=CSV)).status_code == 403
    assert (await viewer.get(f"{UPLOADS}/{kept['id']}")).status_code == 200
    assert (await viewer.get(UPLOADS)).json()["items"] == []
    assert (await viewer.delete(f"{UPLOADS}/{kept['id']}")).status_code == 403


async def test_the_list_is_ones_own_newest_first(operator, admin):
    made = [
        (await operator.post(UPLOADS, params={"filename": f"{n}.csv"}, content=CSV)).json()["id"]
        for n in range(3)
    ]
    await admin.post(UPLOADS, params={"filename": "other.csv"}, content=CSV)

    first = (await operator.get(UPLOADS, params={"limit": 2})).json()
    rest = (await operator.get(UPLOADS, params={"cursor": first["next_cursor"]})).json()
    foreign = await admin.get(UPLOADS, params={"cursor": first["next_cursor"]})

    assert [item["id"] for item in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None
    assert foreign.status_code == 400


async def test_the_owner_and_admins_delete_with_the_file(operator, admin, deps):
    made = [
        (await operator.post(UPLOADS, params={"filename": "a.csv"}, content=CSV)).json()["id"]
        for _ in range(2)
    ]
    others = (await admin.post(UPLOADS, params={"filename": "a.csv"}, content=CSV)).json()["id"]

    assert (await operator.delete(f"{UPLOADS}/{others}")).json()["code"] == "not_yours"
    assert (await operator.delete(f"{UPLOADS}/{made[0]}")).status_code == 204
    assert (await admin.delete(f"{UPLOADS}/{made[1]}")).status_code == 204
    assert (await operator.delete(f"{UPLOADS}/{made[0]}")).status_code == 404
    assert [path.name for path in files_in(deps)] == [others]


@pytest.mark.parametrize("verb", ["get", "delete"])
async def test_what_never_was_is_not_found(operator, verb):
    answer = await getattr(operator, verb)(f"{UPLOADS}/{UNKNOWN}")

    assert answer.status_code == 404


async def test_an_expired_upload_is_gone(operator, deps):
    kept = (await operator.post(UPLOADS, params={"filename": "a.csv"}, content=CSV)).json()
    async with deps.db.connect() as connection:
        await connection.execute(text("UPDATE uploads SET expires_at = clock_timestamp()"))

    assert (await operator.get(f"{UPLOADS}/{kept['id']}")).status_code == 404
    assert (await operator.get(UPLOADS)).json()["items"] == []


async def keeps(deps, client, size):
    user_id = (await client.get("/api/v1/auth/me")).json()["id"]
    async with deps.db.connect() as connection:
        await connection.execute(
            text(
                "INSERT INTO uploads (id, created_by, expires_at, filename, format, size_bytes,"
                " sha256) VALUES (:id, :by, clock_timestamp() + interval '1 h', 'a', 'text',"
                " :size, '')"
            ),
            {"id": new_id(), "by": user_id, "size": size},
        )


async def test_an_account_that_keeps_its_share_must_delete_first(operator, admin, deps):
    await keeps(deps, operator, MAX_KEPT_BYTES)

    answer = await operator.post(UPLOADS, params={"filename": "a.csv"}, content=CSV)

    assert (answer.status_code, answer.json()["code"]) == (409, "quota_exceeded")
    assert files_in(deps) == []
    assert (await admin.post(UPLOADS, content=CSV)).status_code == 201


async def test_two_uploads_at_once_do_not_share_the_last_room(operator, deps):
    await keeps(deps, operator, MAX_KEPT_BYTES - len(CSV))

    async def unannounced():
        yield CSV

    answers = await asyncio.gather(
        *(operator.post(UPLOADS, content=unannounced()) for _ in range(2))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(files_in(deps)) == 1


async def test_a_fifth_upload_at_once_has_to_wait(operator):
    release = asyncio.Event()
    begun = asyncio.Semaphore(0)

    async def slow():
        begun.release()
        await release.wait()
        yield CSV

    waiting = [asyncio.create_task(operator.post(UPLOADS, content=slow())) for _ in range(4)]
    for _ in waiting:
        await begun.acquire()

    fifth = await operator.post(UPLOADS, content=CSV)
    release.set()
    answers = await asyncio.gather(*waiting)

    assert (fifth.status_code, fifth.json()["code"]) == (429, "too_many_uploads")
    assert {answer.status_code for answer in answers} == {201}
    assert (await operator.post(UPLOADS, content=CSV)).status_code == 201


async def test_a_store_that_cannot_be_written_to_is_told(operator, deps):
    deps.store.folder.parent.mkdir(parents=True, exist_ok=True)
    deps.store.folder.write_bytes(b"in the way")

    answer = await operator.post(UPLOADS, params={"filename": "a.csv"}, content=CSV)

    assert answer.status_code == 503
    assert "cannot be stored" in answer.json()["detail"]
    os.unlink(deps.store.folder)


@pytest.mark.parametrize(
    ("room", "limit"), [(routes, "UPLOAD_SECONDS"), (uploading, "SILENCE_SECONDS")]
)
async def test_a_body_that_does_not_come_to_an_end_is_given_up(
    operator, deps, monkeypatch, room, limit
):
    monkeypatch.setattr(room, limit, 0.2)

    async def stuck():
        yield CSV
        await asyncio.Event().wait()

    answer = await operator.post(UPLOADS, params={"filename": "a.csv"}, content=stuck())

    assert (answer.status_code, answer.json()["code"]) == (400, "too_slow")
    assert files_in(deps) == []
