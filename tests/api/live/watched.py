"""Jobs that change without a word in the stream, and those who watch them."""

from support.make import claimer, draft, ending
from taskforge.api.live.frames import Wanted
from taskforge.core.events import DeletedFrame
from taskforge.core.ids import new_id
from taskforge.core.states import Move
from taskforge.db import moves
from taskforge.db.birth import create
from taskforge.db.claims import claim
from taskforge.db.watched import last_changes
from taskforge.flows.frames import moved
from tests.api.live.conftest import log_frame

ME = claimer()


async def born(connection):
    job_id = new_id()
    await create(connection, [draft(id=job_id)])
    return job_id


async def start(connection, job_id):
    assert await claim(connection, ME, [job_id], free=1)


async def succeed(connection, job_id):
    await moves.settle(connection, [ending(job_id, 1, ME.worker_id, Move.SUCCEED)])


async def age(connection, job_id, seconds):
    """As if the last change had been so long ago."""
    await connection.exec_driver_sql(
        "UPDATE job_events SET at = at - make_interval(secs => $2) WHERE job_id = $1",
        (job_id, seconds),
    )


async def announced(stream, connection, job_id):
    """The event of the last change, on the usual way."""
    [(row, at)] = await last_changes(connection, [job_id])
    await stream.announce([moved(row, at)])


def watching(*job_ids, **others):
    return Wanted(jobs=frozenset(map(str, job_ids)), **others)


def beside(*job_ids):
    """The filter of somebody who watches jobs beside everything else."""
    return Wanted(logs=frozenset(map(str, job_ids)))


async def silent(stream, follower):
    """Nothing else waits for this client, which gets a line of a job that it watches."""
    [watched, *_] = follower.subscriber.told
    await stream.announce([log_frame(1, watched)])
    return (await follower.next())["event"] == "job_log"


def deletion(gone):
    return DeletedFrame(
        job_id=gone.id, type=gone.type, priority=gone.priority, status=gone.status,
        version=gone.version, at=gone.at,
    )  # fmt: skip
