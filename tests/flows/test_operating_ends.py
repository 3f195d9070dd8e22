"""How bulk operations end before they are through, and what stays of them."""

import msgspec
import pytest
from sqlalchemy.exc import DBAPIError

from support.operations import ALL, account, begun, born, carried_out, items_of, key_of, statuses
from taskforge.core.errors import Conflict, Denied
from taskforge.core.operation import OperationAction, OperationStatus, Reason, StopReason
from taskforge.core.people import KeyScope, Role
from taskforge.db.operations import OperationFilter, prune_operations
from taskforge.flows import operating, operations
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load


@pytest.fixture
async def deps(settings):
    async with open_deps(settings, load(["jobs.plain"])) as it:
        yield it


@pytest.fixture
async def ann(deps):
    """An operator, without a session: she has signed out."""
    return await account(deps, "ann", Role.OPERATOR)


@pytest.fixture
async def ada(deps):
    return await account(deps, "ada", Role.ADMIN)


async def test_stopping_leaves_what_is_done_and_touches_nothing_more(deps, plain, ann):
    await born(deps, 2_500)
    operation = await begun(deps, ann, filter=ALL, all=True)
    await operating.operate(deps)
    await operating.operate(deps)

    stopped = await operations.stop(deps, operation.id, ann)
    assert await operating.operate(deps) == 0

    assert (stopped.status, stopped.stop_reason) == (OperationStatus.STOPPED, StopReason.ASKED)
    assert (stopped.done, stopped.stopped_by) == (1_000, "user:ann")
    assert await statuses(plain) == {"cancelled": 1_000, "queued": 1_500}
    assert (await operations.stop(deps, operation.id, ann)).finished_at == stopped.finished_at


async def test_what_has_ended_cannot_be_stopped(deps, ann):
    operation = await begun(deps, ann, ids=await born(deps))
    await carried_out(deps, operation)

    with pytest.raises(Conflict):
        await operations.stop(deps, operation.id, ann)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE users SET active = false", StopReason.ACCOUNT_DISABLED),
        ("UPDATE users SET role = 'viewer'", StopReason.ROLE_TOO_LOW),
        ("UPDATE api_keys SET revoked_at = now()", StopReason.KEY_REVOKED),
    ],
)
async def test_an_operation_stops_when_its_creator_may_not_do_it_any_more(
    deps, plain, ann, change, why
):
    await born(deps, 2_500)
    key_id = await key_of(plain, ann)
    by = ann._replace(api_key_id=key_id)
    operation = await begun(deps, by, filter=ALL, all=True)
    await operating.operate(deps)
    await operating.operate(deps)
    await plain.execute(change)

    done = await carried_out(deps, operation)

    assert (done.status, done.stop_reason, done.done) == (OperationStatus.STOPPED, why, 1_000)
    ended = await plain.fetchrow("SELECT actor_id, after FROM audit WHERE action LIKE '%.ended'")
    assert ended["actor_id"] is None
    assert msgspec.json.decode(ended["after"])["stop_reason"] == why


async def test_an_admin_who_is_one_no_more_does_not_purge_on(deps, plain, ada):
    await born(deps)
    await carried_out(deps, await begun(deps, ada, filter=ALL, all=True))
    purge = await begun(deps, ada, OperationAction.DELETE, filter=ALL, all=True)
    await plain.execute("UPDATE users SET role = 'operator'")

    assert (await carried_out(deps, purge)).stop_reason is StopReason.ROLE_TOO_LOW
    assert await statuses(plain) == {"cancelled": 1}


async def test_a_narrowed_key_touches_only_what_it_reaches(deps, plain, ann):
    mail, other = await born(deps, 2, type="email"), await born(deps, 2)
    scope = KeyScope(types=frozenset({"email"}), permissions=None)
    by = ann._replace(api_key_id=await key_of(plain, ann), scope=scope)

    named = await carried_out(deps, await begun(deps, by, ids=[mail[0], other[0]]))
    matching = await carried_out(deps, await begun(deps, by, filter=ALL, all=True))

    assert (named.done, named.failed, matching.done, matching.failed) == (1, 1, 1, 0)
    assert (await items_of(deps, named))[other[0]].reason is Reason.OUT_OF_REACH
    rows = await plain.fetch("SELECT DISTINCT type FROM jobs WHERE status = 'queued'")
    assert [row["type"] for row in rows] == ["noop"]
    with pytest.raises(Denied):
        await begun(deps, by, filter=OperationFilter(type=frozenset({"noop"})))


async def test_an_operation_is_one_deed_and_the_events_of_its_jobs_name_it(deps, plain, ann):
    (job_id,) = await born(deps)
    operation = await begun(deps, ann, ids=[job_id])
    await carried_out(deps, operation)

    events = await plain.fetch("SELECT actor, data FROM job_events ORDER BY version")
    deeds = await plain.fetch("SELECT action, after FROM audit WHERE target LIKE 'operation:%'")

    assert events[1]["actor"] == "user:ann"
    assert msgspec.json.decode(events[1]["data"]) == {"operation_id": str(operation.id)}
    assert {it["action"] for it in deeds} == {"operation.created", "operation.ended"}
    assert await plain.fetchval("SELECT count(*) FROM audit WHERE action LIKE 'job.%'") == 0


async def test_a_batch_that_fails_is_undone_put_off_and_given_up_in_the_end(deps, plain, ann):
    await born(deps, 2)
    operation = await begun(deps, ann, filter=ALL, all=True)
    await operating.operate(deps)
    await plain.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
        "CREATE TRIGGER refuse BEFORE INSERT ON operation_items EXECUTE FUNCTION refuse()"
    )
    try:
        with pytest.raises(DBAPIError):
            await operating.operate(deps)
        assert await operating.operate(deps) == 0  # not due yet
        assert await statuses(plain) == {"queued": 2}
        for _ in range(operating.MAX_SETBACKS):
            await plain.execute("UPDATE operations SET due_at = now()")
            with pytest.raises(DBAPIError):
                await operating.operate(deps)
    finally:
        await plain.execute("DROP FUNCTION refuse CASCADE")

    shown = await operations.look(deps, operation.id)
    assert shown.status is OperationStatus.FAILED
    assert shown.stop_reason is StopReason.REPEATED_FAILURE
    assert await operating.operate(deps) == 0
    assert await statuses(plain) == {"queued": 2}


async def test_an_account_has_so_many_live_operations_at_once(deps, ann, ada):
    live = [await begun(deps, ann, filter=ALL, all=True) for _ in range(operations.MAX_LIVE)]
    with pytest.raises(Conflict) as refused:
        await begun(deps, ann, filter=ALL, all=True)

    assert refused.value.code == "too_many_operations"
    await begun(deps, ada, filter=ALL, all=True)
    await operations.stop(deps, live[0].id, ann)
    await begun(deps, ann, filter=ALL, all=True)


async def test_operations_are_forgotten_items_first(deps, plain, ann):
    old = await begun(deps, ann, ids=await born(deps, 5))
    await carried_out(deps, old)
    await plain.execute("UPDATE operations SET finished_at = now() - interval '31 d'")
    fresh = await begun(deps, ann, ids=await born(deps, 1))
    await carried_out(deps, fresh)

    async with deps.db.connect() as connection:
        rows = [await prune_operations(connection, days=30, limit=3) for _ in range(3)]

    assert rows == [3, 3, 0]
    assert await plain.fetchval("SELECT count(*) FROM operation_items") == 1
    assert await plain.fetchval("SELECT id FROM operations") == fresh.id
