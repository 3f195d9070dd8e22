"""New rules of time zones."""

from datetime import UTC, datetime, timedelta

from support.schedules import plant
from taskforge.db.facts import ZONES, set_fact
from taskforge.flows import zones

HOUR = timedelta(hours=1)


async def moments(plain):
    return {row["id"]: row["next_fire_at"] for row in await plain.fetch("SELECT * FROM schedules")}


async def test_what_is_to_come_is_computed_again_when_the_rules_are_others(
    deps, plain, monkeypatch
):
    monkeypatch.setattr(zones, "BATCH", 3)
    later = datetime.now(UTC) + timedelta(minutes=30)
    wrong = await plant(plain, 7, cron="0 0 * * *", timezone="Asia/Tokyo", next_fire_at=later)
    [gone] = await plant(plain, cron="0 0 * * *", timezone="Mars/Olympus", next_fire_at=later)
    [interval] = await plant(plain, next_fire_at=later)
    [passed] = await plant(plain, cron="0 0 * * *", timezone="Asia/Tokyo")
    async with deps.db.connect() as connection:
        await set_fact(connection, ZONES, "of another time")
    before = await moments(plain)

    assert await zones.follow(deps) == 7

    after = await moments(plain)
    assert {(after[it].hour, after[it].minute) for it in wrong} == {(15, 0)}
    assert all(after[it] == before[it] for it in (gone, interval, passed))
    assert await zones.follow(deps) == 0


async def test_the_same_rules_are_not_read_twice(deps, plain):
    await zones.follow(deps)
    wrong = datetime.now(UTC) + timedelta(minutes=30)
    await plant(plain, cron="0 0 * * *", next_fire_at=wrong)

    assert await zones.follow(deps) == 0
    assert list((await moments(plain)).values()) == [wrong]
