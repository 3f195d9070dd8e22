"""What is a person's alone is shown to nobody else, and a secret to nobody twice (S-11)."""

from taskforge.api.auth import handlers_of
from tests.api.access.calls import ENDLESS, V1, Caller
from tests.api.access.world import World
from tests.api.conftest import http_client

LISTS = (f"{V1}/auth/api-keys", f"{V1}/auth/sessions", f"{V1}/uploads")
SEALED = """
SELECT password_hash FROM users UNION SELECT digest FROM api_keys
UNION SELECT digest FROM refresh_tokens UNION SELECT sealed FROM webhook_secrets
"""


async def everything(world: World, name: str) -> dict[str, str]:
    """What this actor reads at each address that answers reading, of the admin's own things."""
    caller, read = Caller(world), {}
    owner = world.people["admin"]
    async with http_client(world.app, **world.actors[name].headers) as client:
        for route, _ in handlers_of(world.app):
            if route.startswith("GET ") and route not in ENDLESS:
                answer = await client.get(await caller.aim(route, owner))
                if answer.is_success:
                    read[route] = answer.text
    return read


async def test_lists_of_personal_things_have_ones_own_alone(town):
    other = town.people["other"]
    foreign = [await town.key(other), await town.session(other), await town.upload(other)]

    for name in ("viewer", "admin"):
        async with http_client(town.app, **town.actors[name].headers) as client:
            texts = [(await client.get(path)).text for path in LISTS]
        assert [id_ for id_ in foreign if str(id_) in "".join(texts)] == [], name


async def test_no_answer_has_a_secret_that_was_shown_once(town):
    async with http_client(town.app, **town.actors["admin"].headers) as admin:
        key = (await admin.post(f"{V1}/auth/api-keys", json={"name": "robot"})).json()["key"]
        secret = (await admin.post(f"{V1}/webhooks/secret")).json()["secret"]
    async with town.deps.db.connect() as connection:
        kept = list((await connection.exec_driver_sql(SEALED)).scalars())
    assert len(kept) >= 6

    for name in ("viewer", "admin"):
        read = await everything(town, name)
        assert len(read) > 20
        leaks = [
            route for route, body in read.items() for word in (key, secret, *kept) if word in body
        ]
        assert leaks == [], name
