"""Who asks is checked again where the deed lasts: a principal may be some seconds old (S-14)."""

from contextlib import nullcontext

import pytest

from taskforge.core.errors import Denied, Unauthenticated
from taskforge.core.people import KeyScope, Principal, Role
from taskforge.core.priority import Priority
from taskforge.flows import deliveries, keys, queues, users

KEPT = "SELECT (SELECT count(*) FROM api_keys), (SELECT count(*) FROM webhook_secrets)"


async def default_key(deps, by):
    await keys.make_default_key(deps, by)


async def further_key(deps, by):
    await keys.make_key(deps, by, name="robot", scope=None, expires_at=None)


async def secret(deps, by):
    await deliveries.make_secret(deps, by)


async def another_role(deps, by):
    await users.change_user(deps, by.user_id, users.UserChange(role=Role.ADMIN), by)


@pytest.mark.parametrize("make", [default_key, further_key, secret, another_role])
@pytest.mark.parametrize(
    "end",
    [
        "UPDATE sessions SET revoked_at = now()",
        "UPDATE sessions SET expires_at = now()",
        "UPDATE users SET active = false",
    ],
    ids=["revoked", "expired", "disabled"],
)
async def test_a_session_that_ended_a_moment_ago_leaves_nothing_lasting(
    deps, plain, ann, make, end
):
    await plain.execute("UPDATE users SET role = 'admin'")
    await plain.execute(end)

    with pytest.raises(Unauthenticated):
        await make(deps, ann)

    assert tuple(await plain.fetchrow(KEPT)) == (0, 0)
    assert await plain.fetchval("SELECT count(*) FROM audit WHERE actor_id IS NOT NULL") == 0


async def test_an_admin_who_was_demoted_a_moment_ago_makes_no_admins(deps, ann):
    with pytest.raises(Denied):
        await another_role(deps, ann._replace(role=Role.ADMIN))


@pytest.mark.parametrize(
    ("scope", "reached"),
    [
        (None, True),
        (KeyScope(priorities=frozenset({Priority.LOW})), True),
        (KeyScope(priorities=frozenset({Priority.HIGH})), False),
        (KeyScope(types=frozenset({"email"})), False),
    ],
    ids=["all", "this queue", "another queue", "some types"],
)
async def test_a_narrow_key_pauses_only_what_is_all_its_own(deps, plain, ann, scope, reached):
    key: Principal = ann._replace(session_id=None, api_key_id=ann.user_id, scope=scope)
    refused = pytest.raises(Denied, match="does not reach all of queue 'low'")

    with nullcontext() if reached else refused:
        await queues.pause(deps, "low", key, reason="x", resume_at=None)
    with nullcontext() if reached else refused:
        await queues.resume(deps, "low", key)

    deeds = await plain.fetchval("SELECT count(*) FROM audit WHERE action LIKE 'queue.%'")
    assert deeds == (2 if reached else 0)
