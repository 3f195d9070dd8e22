"""What is switched on, and how the installation fares."""

import httpx
import msgspec
import pytest

from taskforge.api.app import create_app
from taskforge.core.duties import DUTIES
from taskforge.core.people import Permission, Role
from taskforge.db.duties import Report, record_duties
from taskforge.db.revisions import head
from tests.api.conftest import http_client, living, signed_in

V1 = "/api/v1"


def report(name, *, age, ok=True):
    return Report(name=name, every_seconds=1.0, age=age, seconds=0.1, did=1, ok=ok, passes=1,
                  total=1)  # fmt: skip


async def look(client: httpx.AsyncClient):
    answer = await client.get(f"{V1}/system")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_each_server_tells_what_it_is(admin):
    told = await look(admin)

    assert told["database"]["revision"] == told["head"] == head()
    assert told["database"]["version"].split(".")[0].isdigit()
    assert 0 < told["database"]["connections"] <= told["database"]["max_connections"]
    assert told["pool"]["in_use"] <= told["pool"]["size"]
    assert told["redis"]["server"] in ("redis", "valkey")
    assert told["redis"]["memory_bytes"] > 0
    assert told["stream"] == {"entries": 0, "lag_seconds": None}
    assert told["build"]["python"].startswith("3.")


async def test_without_redis_its_parts_alone_are_missing(settings):
    app = create_app(msgspec.structs.replace(settings, redis_url="redis://127.0.0.1:1/0"))
    async with living(app), await signed_in(app, app.state["deps"], Role.ADMIN) as admin:
        told = await look(admin)

    assert (told["redis"], told["stream"]) == (None, None)
    assert told["database"]
    assert told["schedulers"]


async def test_settings_in_effect_are_told_without_secrets(settings):
    secret = "whisper"
    told_settings = msgspec.structs.replace(
        settings,
        ai_base_url=f"https://me:{secret}@ai.example.com/v1",
        smtp_url=f"smtp://me:{secret}@mail.example.com",
        ai_api_key=secret,
    )
    app = create_app(told_settings)
    async with living(app), await signed_in(app, app.state["deps"], Role.ADMIN) as admin:
        answer = await admin.get(f"{V1}/system")

    rows = {row["name"]: row["value"] for row in answer.json()["settings"]}
    assert rows["AI_API_KEY"] == rows["SECRET_KEY"] == "(hidden)"
    assert rows["AI_BASE_URL"] == "https://me:***@ai.example.com/v1"
    assert rows["MAIL_TEMPLATES_DIR"] is None
    assert rows["LEASE_SECONDS"] == settings.lease_seconds
    for hidden in (secret, settings.secret_key, settings.jwt_secret_key):
        assert hidden not in answer.text
    assert not answer.json()["installation"]["features"]["mail_sink"]


async def test_schedulers_are_told_by_their_duties(admin, deps):
    early, late = list(DUTIES)[:2]
    async with deps.db.connect() as connection:
        await record_duties(connection, [report(early, age=0.0)], scheduler="here:1")
        await record_duties(connection, [report(late, age=60.0, ok=False)], scheduler="there:2")

    told = (await look(admin))["schedulers"]

    assert [it["name"] for it in told["seen"]] == ["here:1", "there:2"]
    assert (told["late"], told["failing"]) == ([late], [late])
    assert 40 < told["lag_seconds"] < 60


async def test_without_a_scheduler_nothing_is_said_of_its_lag(admin):
    assert (await look(admin))["schedulers"] == {
        "seen": [], "lag_seconds": None, "late": [], "failing": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, {"registration": True, "mail_sink": True, "docs": True}),
        ({"allow_registration": False}, {"registration": False, "mail_sink": True, "docs": True}),
        ({"mail_sink": False}, {"registration": True, "mail_sink": False, "docs": True}),
        ({"docs_public": False}, {"registration": True, "mail_sink": True, "docs": False}),
    ],
    ids=["all", "no registration", "no sink", "no docs"],
)
async def test_everyone_may_know_what_is_switched_on(settings, changes, wanted):
    app = create_app(msgspec.structs.replace(settings, **changes))
    async with living(app), http_client(app) as nobody:
        answer = await nobody.get(f"{V1}/installation")

    assert answer.json() == {"environment": settings.environment, "features": wanted}


@pytest.mark.parametrize("role", list(Role))
async def test_an_account_tells_its_permissions(app, deps, role):
    async with await signed_in(app, deps, role) as client:
        told = (await client.get(f"{V1}/auth/me")).json()
        answers = {
            Permission.READ: await client.get(f"{V1}/jobs"),
            Permission.WEBHOOKS: await client.get(f"{V1}/webhooks/deliveries"),
            Permission.AUDIT: await client.get(f"{V1}/audit"),
            Permission.SYSTEM: await client.get(f"{V1}/system"),
        }

    assert {it: answer.status_code for it, answer in answers.items()} == {
        it: 200 if it in told["permissions"] else 403 for it in answers
    }
