"""Accounts and the audit trail, for admins."""

import asyncio

import pytest

USERS = "/api/v1/users"
AUDIT = "/api/v1/audit"


async def user_named(admin, name):
    return next(u for u in (await admin.get(USERS)).json()["items"] if u["username"] == name)


async def test_accounts_are_listed_newest_first_by_pages(admin, operator, viewer):
    first = (await admin.get(USERS, params={"limit": 2})).json()
    rest = (await admin.get(USERS, params={"limit": 2, "cursor": first["next_cursor"]})).json()

    names = [user["username"] for user in first["items"] + rest["items"]]
    assert names == ["viewer", "operator", "admin"]
    assert rest["next_cursor"] is None
    assert not [key for user in first["items"] for key in user if "password" in key]


async def test_a_new_role_is_felt_at_once(admin, viewer):
    before = await viewer.get("/api/v1/webhooks/deliveries")
    one = await user_named(admin, "viewer")

    changed = await admin.patch(f"{USERS}/{one['id']}", json={"role": "operator"})

    assert before.status_code == 403
    assert changed.json()["role"] == "operator"
    assert (await viewer.get("/api/v1/webhooks/deliveries")).status_code == 200


async def test_a_disabled_account_is_signed_out_for_good(admin, operator):
    one = await user_named(admin, "operator")
    await admin.patch(f"{USERS}/{one['id']}", json={"active": False})
    disabled = await operator.get("/api/v1/jobs")

    await admin.patch(f"{USERS}/{one['id']}", json={"active": True})

    assert disabled.status_code == 401
    assert (await operator.get("/api/v1/jobs")).status_code == 401


async def test_a_limit_of_its_own_counts_at_once(admin, operator):
    one = await user_named(admin, "operator")

    changed = await admin.patch(f"{USERS}/{one['id']}", json={"rate_limit": 1})

    assert changed.json()["rate_limit"] == 1
    assert [(await operator.get("/api/v1/jobs")).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"active": False}])
async def test_the_last_admin_stays(admin, change):
    one = await user_named(admin, "admin")

    answer = await admin.patch(f"{USERS}/{one['id']}", json=change)

    assert answer.status_code == 409
    assert (await admin.get(USERS)).status_code == 200


async def test_of_two_admins_who_demote_each_other_one_stays(admin, operator):
    mine, other = await user_named(admin, "admin"), await user_named(admin, "operator")
    await admin.patch(f"{USERS}/{other['id']}", json={"role": "admin"})

    answers = await asyncio.gather(
        admin.patch(f"{USERS}/{other['id']}", json={"role": "viewer"}),
        operator.patch(f"{USERS}/{mine['id']}", json={"role": "viewer"}),
    )

    assert 200 in {answer.status_code for answer in answers}
    roles = {u["role"] for u in (await _whoever_may(admin, operator)).json()["items"]}
    assert "admin" in roles


async def _whoever_may(*clients):
    answers = [await client.get(USERS) for client in clients]
    return next(answer for answer in answers if answer.status_code == 200)


@pytest.mark.parametrize(
    "change", [{"role": "root"}, {"active": None}, {"rate_limit": 0}, {"username": "x"}, [], None]
)
async def test_a_senseless_change_is_refused(admin, change):
    one = await user_named(admin, "admin")

    answer = await admin.patch(f"{USERS}/{one['id']}", json=change)

    assert answer.status_code in (400, 422), answer.text


async def test_an_unknown_account_is_not_found(admin):
    unknown = "00000000-0000-0000-0000-000000000000"

    assert (await admin.patch(f"{USERS}/{unknown}", json={"active": True})).status_code == 404


async def test_deeds_are_told_with_actor_address_and_change(admin, viewer):
    one = await user_named(admin, "viewer")
    await admin.patch(f"{USERS}/{one['id']}", json={"role": "operator"})

    found = (await admin.get(AUDIT, params={"action": "user.updated"})).json()["items"]

    assert len(found) == 1
    assert found[0]["actor"] == "admin"
    assert found[0]["target"] == f"user:{one['id']}"
    assert found[0]["before"]["role"] == "viewer"
    assert found[0]["after"]["role"] == "operator"
    assert found[0]["ip"]


async def test_a_keys_deeds_name_the_key(app, admin, operator):
    job = {"type": "data_processing", "payload": {"dataset": "sales_q1", "operation": "profile"},
           "delay_seconds": 60}  # fmt: skip
    made = (await operator.post("/api/v1/auth/api-keys", json={"name": "robot"})).json()
    del operator.headers["Authorization"]
    operator.headers["X-API-Key"] = made["key"]
    job_id = (await operator.post("/api/v1/jobs", json=job)).json()["id"]
    await operator.post(f"/api/v1/jobs/{job_id}/cancel")
    assert (await operator.delete(f"/api/v1/jobs/{job_id}")).status_code == 204

    found = (await admin.get(AUDIT, params={"target": f"job:{job_id}"})).json()["items"]

    assert [deed["action"] for deed in found] == ["job.deleted", "job.cancelled", "job.submitted"]
    assert {deed["api_key_id"] for deed in found} == {made["id"]}


async def test_no_secret_is_in_the_trail(admin, operator):
    key = (await operator.post("/api/v1/auth/api-keys", json={"name": "robot"})).json()["key"]
    secret = (await operator.post("/api/v1/webhooks/secret")).json()["secret"]

    trail = (await admin.get(AUDIT)).text

    assert "api_key.created" in trail
    assert "webhook_secret.made" in trail
    assert key not in trail
    assert secret not in trail


async def test_the_trail_is_paged(admin, operator):
    for n in range(3):
        await operator.post("/api/v1/auth/api-keys", json={"name": f"key {n}"})

    asked = {"action": "api_key.*", "limit": 2}
    first = (await admin.get(AUDIT, params=asked)).json()
    rest = (await admin.get(AUDIT, params=asked | {"cursor": first["next_cursor"]})).json()

    names = [deed["after"]["name"] for deed in first["items"] + rest["items"]]
    assert names == ["key 2", "key 1", "key 0"]


@pytest.mark.parametrize("path", [USERS, AUDIT])
async def test_operators_are_no_admins(operator, path):
    assert (await operator.get(path)).status_code == 403


@pytest.mark.parametrize("name", ["action", "target"])
@pytest.mark.parametrize("word", ["a\x00b", "", "x" * 129])
async def test_a_word_that_no_deed_can_have_is_refused(admin, name, word):
    answer = await admin.get(AUDIT, params={name: word})

    assert answer.status_code == 422, answer.text
