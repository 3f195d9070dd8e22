"""Workers can be looked at by all, and ordered about by admins."""

import asyncio

import pytest

from taskforge.core.fleet import WorkerFacts, WorkerStatus
from taskforge.core.ids import new_id
from taskforge.db.roster import Member, beat, leave
from tests.api.orders import code
from tests.api.test_keys import keyed

WORKERS = "/api/v1/workers"
REASON = {"reason": "a new kernel"}


@pytest.fixture
async def unit(deps):
    """A unit that has said that it is there, and listens no more."""
    member = Member(new_id(), "one", 42, "0.1.0", ["critical", "default"], ["email"], 16)
    facts = WorkerFacts(memory_bytes=1_000, loop_lag_max_seconds=0.01, started_jobs=3)
    async with deps.db.connect() as connection:
        await beat(connection, member, status=WorkerStatus.ONLINE, facts=facts)
    return member


async def test_a_worker_tells_about_itself(viewer, unit):
    shown = (await viewer.get(f"{WORKERS}/{unit.id}")).json()

    (listed,) = (await viewer.get(WORKERS)).json()["items"]
    assert {**listed, "heartbeat_age_seconds": shown["heartbeat_age_seconds"]} == shown
    assert (shown["host"], shown["pid"], shown["slots"]) == ("one", 42, 16)
    assert (shown["status"], shown["wanted"], shown["wanted_by"]) == ("online", "run", None)
    assert shown["facts"] == {
        "memory_bytes": 1_000, "loop_lag_max_seconds": 0.01, "started_jobs": 3,
        "cpu_percent": None, "loop_lag_mean_seconds": None, "running_jobs": None,
        "ended_jobs": None,
    }  # fmt: skip


async def test_an_order_says_who_gave_it_and_why(admin, viewer, unit):
    drained = await admin.post(f"{WORKERS}/{unit.id}/drain", json=REASON)

    assert drained.status_code == 200, drained.text
    shown = (await viewer.get(f"{WORKERS}/{unit.id}")).json()
    assert shown["wanted_at"] == drained.json()["wanted_at"]
    assert (shown["wanted"], shown["wanted_by"], shown["wanted_reason"]) == (
        "drain", "user:admin", REASON["reason"],
    )  # fmt: skip
    assert shown["status"] == "online"  # until the unit itself says otherwise


async def test_each_order_is_in_the_audit_trail_once(admin, unit):
    for deed, body in (("resume", None), ("drain", REASON), ("drain", {}), ("resume", None),
                       ("stop", {}), ("stop", REASON)):  # fmt: skip
        answer = await admin.post(f"{WORKERS}/{unit.id}/{deed}", json=body)
        assert answer.status_code == 200, answer.text

    target = {"target": f"worker:{unit.id}"}
    deeds = (await admin.get("/api/v1/audit", params=target)).json()["items"]
    assert [it["action"] for it in deeds] == ["worker.stopped", "worker.resumed", "worker.drained"]
    assert deeds[2]["before"] == {"wanted": "run"}
    assert deeds[2]["after"] == {"wanted": "drain", "reason": REASON["reason"]}


async def test_an_order_that_comes_many_times_at_once_is_one_deed(admin, unit):
    address = f"{WORKERS}/{unit.id}"

    answers = await asyncio.gather(*(admin.post(f"{address}/drain", json={}) for _ in range(8)))

    assert {answer.status_code for answer in answers} == {200}
    params = {"target": f"worker:{unit.id}"}
    assert len((await admin.get("/api/v1/audit", params=params)).json()["items"]) == 1


async def test_who_is_to_stop_takes_no_other_order(admin, unit):
    await admin.post(f"{WORKERS}/{unit.id}/stop", json={})

    drained = await admin.post(f"{WORKERS}/{unit.id}/drain", json={})
    resumed = await admin.post(f"{WORKERS}/{unit.id}/resume")

    assert [code(it) for it in (drained, resumed)] == [(409, "worker_stopping")] * 2


@pytest.mark.parametrize("deed", ["drain", "resume", "stop"])
async def test_who_is_not_there_takes_no_orders(admin, deps, unit, deed):
    async with deps.db.connect() as connection:
        await leave(connection, unit.id)

    gone = await admin.post(f"{WORKERS}/{unit.id}/{deed}", json={})
    unknown = await admin.post(f"{WORKERS}/{new_id()}/{deed}", json={})

    assert (code(gone), code(unknown)) == ((409, "worker_gone"), (404, "not_found"))


async def test_a_unit_on_its_way_out_by_a_signal_can_be_told_to_stop_and_nothing_else(
    admin, deps, unit
):
    async with deps.db.connect() as connection:
        await beat(connection, unit, status=WorkerStatus.STOPPING, facts=WorkerFacts())

    answers = {
        deed: (await admin.post(f"{WORKERS}/{unit.id}/{deed}", json={})).status_code
        for deed in ("drain", "resume", "stop")
    }

    assert answers == {"drain": 409, "resume": 409, "stop": 200}


async def test_only_admins_and_keys_that_reach_everything_give_orders(app, admin, operator, unit):
    by_operator = await operator.post(f"{WORKERS}/{unit.id}/drain", json={})
    async with keyed(app, admin, scope={"types": ["email"]}) as robot:
        by_narrow_key = await robot.post(f"{WORKERS}/{unit.id}/drain", json={})

    assert code(by_operator) == (403, "role_too_low")
    assert code(by_narrow_key) == (403, "key_too_narrow")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reason": ""}, "/reason"),
        ({"reason": "x" * 501}, "/reason"),
        ({"reason": "a\x1bb"}, "/reason"),
        ({"reason": 1}, "/reason"),
        ({"until": "later"}, "/until"),
        ([], ""),
    ],
)
async def test_an_order_that_makes_no_sense_turns_nothing(admin, unit, body, pointer):
    for deed in ("drain", "stop"):
        answer = await admin.post(f"{WORKERS}/{unit.id}/{deed}", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)

    assert (await admin.get(f"{WORKERS}/{unit.id}")).json()["wanted"] == "run"


async def test_an_order_holds_while_redis_is_away(admin, deps, unit, monkeypatch):
    async def away(*_):
        raise ConnectionError

    monkeypatch.setattr(deps.redis, "publish", away)

    answer = await admin.post(f"{WORKERS}/{unit.id}/drain", json={})

    assert (answer.status_code, answer.json()["wanted"]) == (200, "drain")
