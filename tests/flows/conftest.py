"""What delivers webhooks, and who gets them."""

import msgspec
import pytest

from support.receiver import receiving
from taskforge.core.ids import new_id
from taskforge.core.people import Principal, Role
from taskforge.flows import accounts
from taskforge.flows.deps import open_deps
from taskforge.flows.webhooks import Courier
from taskforge.handlers.registry import load


@pytest.fixture
async def receiver():
    async with receiving() as it:
        yield it


@pytest.fixture
async def deps(settings, receiver):
    reachable = msgspec.structs.replace(
        settings, outbound_allowed_hosts=f"127.0.0.1:{receiver.port}"
    )
    async with open_deps(reachable, load(["jobs.plain"])) as it:
        yield it


@pytest.fixture
async def ann(deps, plain):
    made = await accounts.create_user(
        deps, username="ann", email="ann@example.com", password="a long enough password",
        role=Role.OPERATOR,
    )  # fmt: skip
    session_id = new_id()
    await plain.execute(
        "INSERT INTO sessions (id, user_id, expires_at) VALUES ($1, $2, now() + interval '1 h')",
        session_id, made.id,
    )  # fmt: skip
    return Principal(made.id, "ann", Role.OPERATOR, session_id=session_id)


@pytest.fixture
async def courier(deps):
    it = Courier(deps)
    yield it
    await it.close()
