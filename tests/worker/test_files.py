"""What a killed worker leaves of a job's files."""

import signal

from support.make import ending
from support.waiting import eventually
from taskforge.core.states import Move
from taskforge.db.moves import settle


async def test_a_killed_worker_leaves_whole_files_and_checkpoints_and_no_half_ones(
    make_arena, tmp_path
):
    arena = await make_arena(
        ARTIFACTS_DIR=str(tmp_path / "store"), TASKFORGE_JOB_MODULES="jobs.keeping"
    )
    worker = await arena.start()
    job_id = await arena.submit("keep")

    async def half_way():
        row = await arena.row(job_id)
        return row["progress"] and row["progress"]["stage"] == "half way" and row

    row = await eventually(half_way, within=30)
    arena.supervisor.forget(worker)
    worker.send(signal.SIGKILL)
    await worker.ended()
    async with arena.deps.db.connect() as connection:  # what the rescue does when the lease is over
        await settle(connection, [ending(job_id, 1, row["worker_id"], Move.RELEASE, crashed=True)])

    listed = await arena.db.fetch("SELECT name FROM job_artifacts WHERE job_id = $1", job_id)
    stored = list(arena.deps.store.job(job_id).iterdir())
    assert [it["name"] for it in listed] == ["whole.txt"]
    assert [path.read_bytes() for path in stored] == [b"whole"]

    await arena.start()
    assert (await arena.until(job_id))["status"] == "success"
    result = await arena.db.fetchval("SELECT result FROM job_results WHERE job_id = $1", job_id)
    assert result == {"resumed": {"page": 3}, "lines": 12}
