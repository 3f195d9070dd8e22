"""What keeps the file store as small as what is listed: each function is one pass, safe to repeat.

    expire   uploads whose time is over: their rows, then their files
    sweep    files that nothing lists, which a crash between a commit and a deletion left behind

Rows decide. A file is written before its row and deleted after it, so what has a row has a file.
"""

import asyncio
from collections.abc import Iterator
from uuid import UUID

from taskforge.core.ids import new_token
from taskforge.db.facts import STORE_OWNER, get_fact, set_fact_once
from taskforge.db.files import artifacts_of
from taskforge.db.uploads import known_uploads, prune_uploads
from taskforge.flows.deps import Deps
from taskforge.log import get_logger
from taskforge.outside import orphans

EXPIRE_BATCH = 200
SWEEP_BATCH = 500

log = get_logger(__name__)


async def expire(deps: Deps) -> int:
    """Delete uploads whose time is over; how many."""
    async with deps.db.connect() as connection:
        gone = await prune_uploads(connection, limit=EXPIRE_BATCH)
    await asyncio.to_thread(deps.store.drop_uploads, gone)
    return len(gone)


async def sweep(deps: Deps, shard: int) -> int:
    """Delete files of the store that nothing lists; how many files and folders.

    Only in a store that this database has filled: a folder that two installations share by mistake
    must not be emptied by either.

    Args:
        deps: whose store.
        shard: 0 to `orphans.SHARDS` - 1, the part of it to look at.
    """
    if not await asyncio.to_thread(deps.store.folder.is_dir):
        return 0
    if not await _is_ours(deps):
        if shard == 0:  # said once in a round
            log.error("store.foreign", folder=str(deps.store.folder))
        return 0
    dropped = await asyncio.to_thread(orphans.drop_parts, deps.store)
    job_ids = await asyncio.to_thread(orphans.jobs_in, deps.store, shard)
    for some in _batches(job_ids):
        dropped += await _sweep_jobs(deps, some)
    upload_ids = await asyncio.to_thread(orphans.uploads_in, deps.store, shard)
    for some in _batches(upload_ids):
        dropped += await _sweep_uploads(deps, some)
    if dropped:
        log.warning("orphans.dropped", files=dropped, shard=shard)
    return dropped


async def _sweep_jobs(deps: Deps, job_ids: list[UUID]) -> int:
    async with deps.db.connect() as connection:
        known = await artifacts_of(connection, job_ids)
    store = deps.store

    def drop() -> int:
        dropped = 0
        for job_id in job_ids:
            if job_id in known:
                listed = {store.artifact(job_id, record) for record in known[job_id]}
                dropped += orphans.drop_unlisted(store.job(job_id), listed)
            else:
                # A job is there before its files, and its id never comes again.
                store.drop_jobs([job_id])
                dropped += 1
        return dropped

    return await asyncio.to_thread(drop)


async def _sweep_uploads(deps: Deps, upload_ids: list[UUID]) -> int:
    async with deps.db.connect() as connection:
        known = await known_uploads(connection, upload_ids)
    lost = [it for it in upload_ids if it not in known]

    def drop() -> int:
        old = [it for it in lost if not orphans.is_young(deps.store.upload(it))]
        deps.store.drop_uploads(old)
        return len(old)

    return await asyncio.to_thread(drop)


async def _is_ours(deps: Deps) -> bool:
    async with deps.db.connect() as connection:
        ours = await get_fact(connection, STORE_OWNER)
        if ours is None:
            ours = await set_fact_once(connection, STORE_OWNER, new_token(12))
    found = await asyncio.to_thread(orphans.owner_of, deps.store)
    if found is None:
        found = await asyncio.to_thread(orphans.claim_store, deps.store, ours)
    return found == ours


def _batches(ids: list[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), SWEEP_BATCH):
        yield ids[start : start + SWEEP_BATCH]
