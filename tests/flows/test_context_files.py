"""Files of an attempt: artifacts that it lists, uploads that it reads, its own folder."""

import asyncio
import hashlib
import os

import msgspec
import pytest
from sqlalchemy import text

from support.make import claimer, ending, order, person
from taskforge.core.failures import InvalidInput, JobError
from taskforge.core.files import MAX_ARTIFACTS
from taskforge.core.ids import new_id
from taskforge.core.states import Move
from taskforge.db.jobs import job_artifacts
from taskforge.db.moves import settle
from taskforge.flows import files, submit, uploads
from taskforge.flows.attempt import take
from taskforge.flows.context import JobContext
from taskforge.flows.deps import open_deps
from taskforge.flows.unit import Unit
from taskforge.handlers.registry import load

BY = person()


@pytest.fixture(scope="module")
def types():
    return load(["jobs.plain"])


@pytest.fixture
async def unit(settings, types, tmp_path):
    settings = msgspec.structs.replace(settings, artifacts_dir=tmp_path / "store")
    async with open_deps(settings, types) as deps:
        yield Unit(deps, claimer(types=sorted(types.types)))


@pytest.fixture
async def ctx(unit):
    context = await started(unit)
    yield context
    await context.close()


async def started(unit, job_id=None):
    """The context of a fresh attempt."""
    if job_id is None:
        job_id = (await submit.submit(unit.deps, order("noop"), BY)).job.id
    claimed = await take(unit, [job_id], free=1)
    return JobContext(unit, claimed[0].row, None)


async def passed_on(unit, ctx):
    """The attempt after this one."""
    async with unit.deps.db.connect() as connection:
        worker_id = unit.claimer.worker_id
        lost = ending(ctx.job_id, ctx.attempt, worker_id, Move.RELEASE, crashed=True)
        assert await settle(connection, [lost])
    return await started(unit, ctx.job_id)


async def write(ctx, name="out.csv", *pieces):
    async with ctx.artifact(name, "text/csv") as out:
        for piece in pieces:
            await out.write(piece)


async def listed(unit, ctx):
    async with unit.deps.db.connect() as connection:
        return await job_artifacts(connection, ctx.job_id)


def on_disk(unit):
    return sorted(path for path in unit.deps.store.folder.rglob("*") if path.is_file())


async def test_an_artifact_is_listed_when_it_is_whole(unit, ctx):
    async with ctx.artifact("out.csv", "text/csv") as out:
        await out.write(b"a,b\n")
        assert await listed(unit, ctx) == []
        await out.write(b"1,2\n")

    [record] = await listed(unit, ctx)
    assert (record.name, record.attempt, record.media_type) == ("out.csv", 1, "text/csv")
    assert record.size_bytes == 8
    assert record.sha256 == hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    found = await ctx.open_artifact(ctx.job_id, "out.csv")
    assert found.path.read_bytes() == b"a,b\n1,2\n"


async def test_an_artifact_whose_making_fails_is_never_seen(unit, ctx):
    async def fail():
        async with ctx.artifact("out.csv", "text/csv") as out:
            await out.write(b"x" * 1_000_000)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        await fail()

    assert await listed(unit, ctx) == []
    assert on_disk(unit) == []


async def test_a_later_attempt_replaces_the_file(unit, ctx):
    await write(ctx, "out.csv", b"first")
    await write(ctx, "other.csv", b"stays")
    second = await passed_on(unit, ctx)

    await write(second, "out.csv", b"second")

    records = await listed(unit, ctx)
    assert [(it.name, it.attempt) for it in records] == [("other.csv", 1), ("out.csv", 2)]
    assert sorted(path.read_bytes() for path in on_disk(unit)) == [b"second", b"stays"]


async def test_the_same_attempt_may_write_a_name_again(unit, ctx):
    for content in (b"one", b"two", b"two"):
        await write(ctx, "out.csv", content)

    assert [path.read_bytes() for path in on_disk(unit)] == [b"two"]
    assert len(await listed(unit, ctx)) == 1


async def test_an_attempt_whose_job_has_passed_on_lists_and_replaces_nothing(unit, ctx):
    await write(ctx, "old.csv", b"early")
    second = await passed_on(unit, ctx)
    await write(second, "out.csv", b"right")

    for name in ("out.csv", "old.csv", "new.csv"):
        with pytest.raises(asyncio.CancelledError, match="another worker"):
            await write(ctx, name, b"late")

    assert [(it.name, it.attempt) for it in await listed(unit, ctx)] == [
        ("old.csv", 1),
        ("out.csv", 2),
    ]
    for name, content in (("old.csv", b"early"), ("out.csv", b"right")):
        assert (await ctx.open_artifact(ctx.job_id, name)).path.read_bytes() == content


async def test_the_number_of_artifacts_holds_also_for_those_written_at_once(unit, ctx):
    await asyncio.gather(*(write(ctx, f"{n}.csv", b"x") for n in range(MAX_ARTIFACTS - 1)))

    results = await asyncio.gather(
        *(write(ctx, f"last-{n}.csv", b"x") for n in range(4)), return_exceptions=True
    )

    assert [type(it) for it in results].count(InvalidInput) == 3
    assert len(await listed(unit, ctx)) == MAX_ARTIFACTS == len(on_disk(unit))
    await write(ctx, "0.csv", b"replaced")  # is no further one


@pytest.mark.parametrize(
    "name", ["", ".hidden", "../up", "a/b", "a\\b", "a\0b", "ä", "x" * 101, "a\n", "-"]
)
async def test_a_name_that_is_not_allowed_is_invalid_input(unit, ctx, name):
    with pytest.raises(InvalidInput, match="letters, digits"):
        await write(ctx, name, b"x")

    assert on_disk(unit) == []


async def test_an_artifact_beyond_its_limit_is_invalid_input(unit, ctx, monkeypatch):
    monkeypatch.setattr(files, "MAX_ARTIFACT_BYTES", 1 << 20)
    (ctx.workdir() / "large").write_bytes(bytes((1 << 20) + 1))

    with pytest.raises(InvalidInput, match="at most 1 MiB"):
        await write(ctx, "a.csv", bytes(1 << 20), b"x")
    with pytest.raises(InvalidInput, match="at most 1 MiB"):
        await ctx.publish(ctx.workdir() / "large", "a.csv", "text/csv")

    assert on_disk(unit) == []


async def test_a_store_that_cannot_be_written_to_is_told_as_that(unit, ctx):
    unit.deps.store.folder.write_bytes(b"in the way")
    (ctx.workdir() / "made").write_bytes(b"x")

    for attempt in (write(ctx), ctx.publish(ctx.workdir() / "made", "a.csv", "text/csv")):
        with pytest.raises(JobError, match="file store cannot be written") as raised:
            await attempt
        assert str(unit.deps.store.folder) not in str(raised.value)

    assert await listed(unit, ctx) == []


async def test_a_file_of_the_workdir_is_moved_into_the_store(unit, ctx):
    made = ctx.workdir() / "made.parquet"
    made.write_bytes(b"PAR1")
    made.chmod(0o400)

    record = await ctx.publish(made, "out.parquet", "application/vnd.apache.parquet")

    assert not made.exists()
    assert [record] == await listed(unit, ctx)
    assert [path.read_bytes() for path in on_disk(unit)] == [b"PAR1"]


@pytest.mark.parametrize("kind", ["outside", "link", "folder", "missing", "deep"])
async def test_nothing_but_a_file_of_the_workdir_can_be_published(unit, ctx, tmp_path, kind):
    secret, inside = tmp_path / "secret", ctx.workdir() / "inside"
    secret.write_bytes(b"secret")
    match kind:
        case "outside":
            inside = secret
        case "link":
            inside.symlink_to(secret)
        case "folder":
            inside.mkdir()
        case "deep":
            inside = inside.parent / ".." / inside.parent.name / ".." / secret.name
        case _:
            pass

    with pytest.raises(ValueError, match="is not a file in the attempt's folder"):
        await ctx.publish(inside, "a.csv", "text/csv")

    assert secret.exists()
    assert on_disk(unit) == []


async def test_the_workdir_goes_with_the_attempt(unit):
    ctx = await started(unit)
    folder = ctx.workdir()
    (folder / "deep").mkdir()
    (folder / "deep" / "file").write_bytes(b"x")

    assert ctx.workdir() == folder
    await ctx.close()

    assert not folder.exists()


async def uploaded(unit, content=b"a,b\n"):
    async def chunks():
        yield content

    return (await uploads.receive(unit.deps, uploads.Offer("in.csv", ""), chunks(), BY)).answer


async def test_an_upload_is_read_where_it_lies(unit, ctx):
    kept = await uploaded(unit)

    found = await ctx.open_upload(kept.id)

    assert found.path.read_bytes() == b"a,b\n"
    assert (found.name, found.media_type, found.size_bytes) == ("in.csv", "csv", 4)


async def test_what_cannot_be_opened_is_invalid_input(unit, ctx):
    lost, expired = await uploaded(unit), await uploaded(unit)
    await write(ctx, "lost.csv", b"x")
    os.unlink(unit.deps.store.upload(lost.id))
    os.unlink((await ctx.open_artifact(ctx.job_id, "lost.csv")).path)
    async with unit.deps.db.connect() as connection:
        await connection.execute(
            text("UPDATE uploads SET expires_at = clock_timestamp() WHERE id = :id"),
            {"id": expired.id},
        )

    for opening, said in (
        (ctx.open_upload(new_id()), "There is no upload"),
        (ctx.open_upload(expired.id), "kept for a day"),
        (ctx.open_upload(lost.id), "no longer in the store"),
        (ctx.open_artifact(ctx.job_id, "none.csv"), "has no artifact"),
        (ctx.open_artifact(new_id(), "lost.csv"), "has no artifact"),
        (ctx.open_artifact(ctx.job_id, "lost.csv"), "no longer in the store"),
    ):
        with pytest.raises(InvalidInput, match=said):
            await opening
