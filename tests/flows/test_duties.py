"""How the schedulers' duties fare is told by all of them, and read by everybody."""

import asyncio

import msgspec
import pytest
from sqlalchemy.exc import DBAPIError

from taskforge.core.duties import DUTIES
from taskforge.db.duties import list_duties
from taskforge.flows.deps import open_deps
from taskforge.flows.duties import Ledger
from taskforge.handlers.registry import load


async def told(deps):
    async with deps.db.connect() as connection:
        return {it.name: it for it in await list_duties(connection)}


def passed(ledger, name="prune", *, did=0, seconds=0.1, error=None):
    ledger.note(name, every=60.0, seconds=seconds, did=did, error=error)


async def test_a_duty_of_which_nobody_has_told_is_listed_all_the_same(deps):
    duties = await told(deps)

    assert list(duties) == list(DUTIES)
    assert {(it.ran_at, it.passes, it.lag_seconds) for it in duties.values()} == {
        (None, None, None)
    }


async def test_the_last_pass_is_told_with_the_sum_of_all(deps):
    ledger = Ledger()
    passed(ledger, did=5)
    passed(ledger, did=2, seconds=0.5)
    assert await ledger.tell(deps) == 1
    passed(ledger, did=1)
    await ledger.tell(deps)

    duty = (await told(deps))["prune"]

    assert (duty.did, duty.total, duty.passes, duty.ok) == (1, 8, 3, True)
    assert (duty.every_seconds, duty.seconds, duty.lag_seconds) == (60.0, 0.1, 0.0)
    assert duty.upkeep


async def test_what_two_schedulers_tell_at_once_adds_up(deps):
    ledgers = [Ledger() for _ in range(8)]
    for ledger in ledgers:
        for name in DUTIES:
            passed(ledger, name, did=3)

    await asyncio.gather(*(ledger.tell(deps) for ledger in ledgers))

    assert {(it.passes, it.total) for it in (await told(deps)).values()} == {(8, 24)}


async def test_an_error_is_told_by_its_kind_and_remembered(deps):
    ledger = Ledger()
    passed(ledger, error=DBAPIError("SELECT secret", {}, OSError("db.internal:5432 is away")))
    await ledger.tell(deps)
    failing = (await told(deps))["prune"]
    passed(ledger)
    await ledger.tell(deps)

    mended = (await told(deps))["prune"]

    assert (failing.ok, failing.error) == (False, "DBAPIError: OSError")
    assert (mended.ok, mended.error, mended.failed_at) == (True, failing.error, failing.failed_at)


async def test_what_cannot_be_told_is_told_later(deps, settings):
    ledger = Ledger()
    passed(ledger, did=5)
    away = msgspec.structs.replace(settings, database_url="postgresql://nobody@127.0.0.1:1/x")
    async with open_deps(away, load()) as nowhere:
        with pytest.raises(ConnectionRefusedError):
            await ledger.tell(nowhere)
    passed(ledger, did=1)

    await ledger.tell(deps)

    duty = (await told(deps))["prune"]
    assert (duty.did, duty.total, duty.passes) == (1, 6, 2)


async def test_a_duty_that_does_not_come_is_late(deps, plain):
    ledger = Ledger()
    passed(ledger, seconds=1.0)
    await ledger.tell(deps)
    await plain.execute("UPDATE duties SET ran_at = ran_at - interval '100 s'")

    late = (await told(deps))["prune"].lag_seconds

    assert late is not None
    assert 29 <= late < 60  # 100 s, without the period, the pass and the 10 s between two reports
