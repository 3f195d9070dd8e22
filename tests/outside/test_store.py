"""The file store on a real disk: whole files in their place, and nothing else for long."""

import asyncio
import errno
import hashlib
import os
import time
from datetime import UTC, datetime

import pytest

from taskforge.core.history import ArtifactRecord
from taskforge.core.ids import new_id
from taskforge.outside import orphans
from taskforge.outside.store import PART_BYTES, Store, TooLarge, digest_of

OLD = 2 * orphans.YOUNG_SECONDS


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def record(name="a.csv", content=b"x", attempt=1):
    return ArtifactRecord(
        name=name,
        attempt=attempt,
        media_type="text/csv",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        created_at=datetime.now(UTC),
    )


def parts(store):
    return list(store.incoming_folder.glob("*"))


async def test_a_file_is_whole_before_it_has_its_place(store):
    place = store.upload(new_id())
    content = os.urandom(PART_BYTES + 1_000)

    async with store.incoming(limit=len(content)) as incoming:
        for start in range(0, len(content), 999):
            await incoming.write(content[start : start + 999])
        assert not place.exists()
        digest = await incoming.finish()
        store.keep(incoming.path, place)

    assert place.read_bytes() == content
    assert digest == hashlib.sha256(content).hexdigest() == digest_of(place)
    assert place.stat().st_mode & 0o777 == 0o640
    assert parts(store) == []


async def test_a_file_without_a_byte_is_a_file(store):
    place = store.upload(new_id())

    async with store.incoming(limit=1) as incoming:
        await incoming.finish()
        store.keep(incoming.path, place)

    assert place.read_bytes() == b""


async def test_a_byte_too_many_is_refused_and_nothing_stays(store):
    async with store.incoming(limit=PART_BYTES) as incoming:
        await incoming.write(bytes(PART_BYTES))
        assert parts(store) == [incoming.path]
        with pytest.raises(TooLarge):
            await incoming.write(b"x")

    assert parts(store) == []


async def test_a_writer_that_is_cancelled_leaves_nothing(store):
    began = asyncio.Event()

    async def write():
        async with store.incoming(limit=1 << 40) as incoming:
            while True:
                began.set()
                await incoming.write(bytes(PART_BYTES))

    for _ in range(10):  # at whatever point of the loop it is
        began.clear()
        task = asyncio.create_task(write())
        await began.wait()
        task.cancel()
        await asyncio.wait([task])

    assert parts(store) == []


async def test_a_folder_that_is_none_is_told(store):
    store.folder.write_bytes(b"in the way")

    async with store.incoming(limit=100) as incoming:
        with pytest.raises(NotADirectoryError):
            await incoming.finish()


def test_a_source_on_another_file_system_is_copied(store, tmp_path, monkeypatch):
    source, place = tmp_path / "source", store.upload(new_id())
    source.write_bytes(b"content")
    replace = os.replace

    def as_if_apart(old, new):
        if old == source:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        replace(old, new)

    monkeypatch.setattr(os, "replace", as_if_apart)

    store.keep(source, place)

    assert place.read_bytes() == b"content"
    assert not source.exists()
    assert parts(store) == []


def test_any_other_fault_of_a_move_is_raised(store, tmp_path):
    with pytest.raises(FileNotFoundError):
        store.keep(tmp_path / "missing", store.upload(new_id()))


def test_two_versions_of_an_artifact_never_share_a_place(store):
    job_id = new_id()
    versions = [
        record(),
        record(content=b"y"),
        record(attempt=2),
        record(name="b.csv"),
    ]

    assert len({store.artifact(job_id, it) for it in versions}) == 4
    assert {store.artifact(job_id, it).parent for it in versions} == {store.job(job_id)}


def test_dropping_what_is_not_there_is_no_fault(store):
    store.drop_jobs([new_id()])
    store.drop_uploads([new_id()])
    store.drop_artifact(new_id(), record())


def placed(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


@pytest.fixture
def later(monkeypatch):
    """From now on, two hours later; for ctime cannot be set back."""

    def later():
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + OLD)

    return later


def test_an_unfinished_file_is_dropped_when_it_is_old(store, later):
    part = placed(store.incoming_folder / "a.part")
    other = placed(store.incoming_folder / "README")

    assert orphans.drop_parts(store) == 0
    later()
    assert orphans.drop_parts(store) == 1
    assert (part.exists(), other.exists()) == (False, True)


async def test_an_unfinished_file_that_is_being_written_is_left_alone(store, later):
    async with store.incoming(limit=1 << 30) as incoming:
        await incoming.write(bytes(PART_BYTES))
        later()

        assert orphans.drop_parts(store) == 0
        assert incoming.path.exists()


def test_what_is_not_listed_is_dropped_when_it_is_old(store, later):
    job_id = new_id()
    kept, stray = (placed(store.artifact(job_id, record(name))) for name in ("a.csv", "b.csv"))

    assert orphans.drop_unlisted(store.job(job_id), {kept}) == 0
    later()
    assert orphans.drop_unlisted(store.job(job_id), {kept}) == 1
    assert (kept.exists(), stray.exists()) == (True, False)


def test_each_shard_knows_its_ids(store):
    job_id, upload_id = new_id(), new_id()
    placed(store.artifact(job_id, record()))
    placed(store.upload(upload_id))
    placed(store.upload(upload_id).with_name("no id"))

    assert [it for n in range(256) for it in orphans.jobs_in(store, n)] == [job_id]
    assert orphans.uploads_in(store, int(upload_id.hex[-2:], 16)) == [upload_id]


def test_a_store_belongs_to_the_first_who_claims_it(store):
    store.folder.mkdir()

    assert orphans.owner_of(store) is None
    assert orphans.claim_store(store, "one") == "one"
    assert orphans.claim_store(store, "two") == "one"
    assert orphans.owner_of(store) == "one"
