"""What the survey asks every few seconds costs the same, however many jobs there are."""

import pytest
from sqlalchemy import text

from taskforge.db import survey


@pytest.mark.parametrize("name", ["BUSY", "SILENCE", "RUNS", "OUTBOX"])
async def test_no_statement_reads_jobs_or_deliveries_from_end_to_end(connection, name):
    statement = text(f"EXPLAIN {getattr(survey, name)}")
    values = {"late_seconds": 20.0} if name == "BUSY" else {}

    plan = list((await connection.execute(statement, values)).scalars())

    assert plan
    assert not [line for line in plan if "Seq Scan on jobs" in line or "on jobs_pkey" in line]
    assert not [line for line in plan if "Seq Scan on webhook_deliveries" in line]


async def test_how_long_jobs_run_is_asked_of_those_that_do(connection):
    plan = list((await connection.execute(text(f"EXPLAIN {survey.RUNS}"))).scalars())

    assert [line for line in plan if "ix_jobs_running" in line or "ix_jobs_status_id" in line]
