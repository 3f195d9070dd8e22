"""Steering worker units from a shell."""

import json

import pytest

from taskforge.cli.output import ExitCode
from taskforge.core.fleet import WorkerFacts, WorkerStatus
from taskforge.core.ids import new_id
from taskforge.db.roster import Member, beat, leave


@pytest.fixture
def admin(client, admin_key):
    """Run a client command as an admin."""
    return lambda *words: client("worker", *words, TASKFORGE_API_KEY=admin_key)


@pytest.fixture
async def units(deps):
    """Two units at work, and one that has gone and had the pid of the first."""
    members = [
        Member(new_id(), "one", pid, "0.1.0", ["default"], ["email"], 4) for pid in (42, 42, 43)
    ]
    async with deps.db.connect() as connection:
        for member in members:
            facts = WorkerFacts(memory_bytes=64 * 2**20, started_jobs=12)
            await beat(connection, member, status=WorkerStatus.ONLINE, facts=facts)
        await leave(connection, members[0].id)
    return members


def test_a_unit_is_drained_resumed_and_stopped(admin, units):
    _, first, second = (str(it.id) for it in units)

    drained = admin("drain", "one:42", "--reason", "a new kernel", "--json")
    shown = admin("show", first)
    resumed = admin("resume", first, "--json")
    stopped = admin("stop", second, "--json")

    assert json.loads(drained.stdout)["id"] == first
    assert "drain, by user:ada: a new kernel" in shown.stdout
    assert "64 MiB" in shown.stdout
    assert json.loads(resumed.stdout)["wanted"] == "run"
    assert json.loads(stopped.stdout)["wanted"] == "stop"
    assert admin("resume", second).exit_code == ExitCode.CONFLICT


def test_the_beginning_of_an_id_is_enough_when_it_is_only_one(admin, units):
    # Ids of one moment differ late.
    ids = [str(it.id) for it in units]
    whole = max(len(prefix) for prefix in map(common, ids, ids[1:])) + 1

    assert json.loads(admin("show", ids[2][:whole], "--json").stdout)["pid"] == 43
    assert admin("show", ids[0][:4]).exit_code == ExitCode.USAGE


def common(one, other):
    return one[: next(n for n in range(len(one)) if one[n] != other[n])]


@pytest.mark.parametrize("unit", ["", "0", "one:7", "two:42", "../jobs", "\x1b[31m"])
def test_a_word_that_means_no_unit_finds_none(admin, units, unit):
    assert admin("stop", unit).exit_code == ExitCode.NOT_FOUND


def test_units_are_listed_and_an_operator_gives_no_orders(client, units):
    listed = client("worker", "list")

    assert listed.stdout.count("online") == 2
    assert client("worker", "drain", "one:42").exit_code == ExitCode.NOT_PERMITTED
