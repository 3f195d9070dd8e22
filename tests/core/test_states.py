import re

import pytest
from sqlalchemy import CheckConstraint

from taskforge.core.events import ENTERED
from taskforge.core.states import (
    BIRTH,
    FINAL,
    MOVES,
    WAITING,
    JobStatus,
    Move,
    allows,
    is_final,
)
from taskforge.db.tables import jobs


def constraint(name: str) -> str:
    found = [
        it
        for it in jobs.constraints
        if isinstance(it, CheckConstraint) and it.name == f"ck_jobs_{name}"
    ]
    return str(found[0].sqltext)


def quoted(sql: str) -> list[str]:
    return re.findall(r"'([a-z_]+)'", sql)


def reachable() -> set[JobStatus]:
    found = set(BIRTH)
    while more := {r.target for r in MOVES.values() if r.sources & found} - found:
        found |= more
    return found


def test_every_move_has_a_rule():
    assert set(MOVES) == set(Move)


def test_every_status_can_be_reached_from_a_birth():
    assert reachable() == set(JobStatus)


@pytest.mark.parametrize("status", sorted(set(JobStatus) - FINAL))
def test_a_status_that_is_not_final_has_a_way_to_an_end(status):
    found = {status}
    while more := {r.target for r in MOVES.values() if r.sources & found} - found:
        found |= more
    assert JobStatus.SUCCESS in found
    assert JobStatus.CANCELLED in found


def test_only_a_person_leaves_a_final_status_and_nobody_leaves_success():
    leaving = {move: rule.sources & FINAL for move, rule in MOVES.items() if rule.sources & FINAL}
    assert leaving == {Move.REVIVE: FINAL - {JobStatus.SUCCESS}}


def test_only_the_claim_starts_a_job():
    assert [m for m, rule in MOVES.items() if rule.target is JobStatus.RUNNING] == [Move.CLAIM]
    assert MOVES[Move.CLAIM].sources == {JobStatus.QUEUED}


def test_a_waiting_job_is_one_that_neither_runs_nor_has_ended():
    assert set(JobStatus) - FINAL - {JobStatus.RUNNING} == WAITING


@pytest.mark.parametrize("move", list(Move))
def test_a_move_is_allowed_from_its_sources_alone(move):
    assert {status for status in JobStatus if allows(move, status)} == MOVES[move].sources


def test_final_is_what_is_final():
    assert {status for status in JobStatus if is_final(status)} == FINAL


def test_every_status_has_the_event_that_tells_of_it():
    assert set(ENTERED) == set(JobStatus)


def test_the_table_knows_the_same_statuses():
    assert sorted(quoted(constraint("status"))) == sorted(JobStatus)


def test_the_table_has_an_end_for_final_statuses_alone():
    assert sorted(quoted(constraint("finished"))) == sorted(FINAL)


def test_the_table_has_a_lease_for_running_alone():
    assert quoted(constraint("leased")) == ["running"]
