"""Spans of jobs: what belongs to which trace."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from taskforge.core.ids import new_id
from taskforge.core.job import JobRow
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus
from taskforge.tracing.jobs import (
    delivered,
    delivering,
    hinted,
    is_kept,
    is_prompt,
    processed,
    processing,
    sending,
    sending_many,
)
from taskforge.tracing.spans import add_trace

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
JOB = UUID(int=7)


def row(*, attempt=1, booked=0.0, waited=0.1, **fields):
    return JobRow(
        **{
            "id": JOB,
            "type": "email",
            "priority": Priority.NORMAL,
            "status": JobStatus.RUNNING,
            "attempt": attempt,
            "failures": 0,
            "max_retries": 3,
            "version": 2,
            "created_at": NOW,
            "run_at": NOW + timedelta(seconds=booked),
            "started_at": NOW + timedelta(seconds=waited),
            "timeout_seconds": 60,
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("it", "prompt"),
    [
        (row(), True),
        (row(booked=-3_600), True),
        (row(waited=30), True),
        (row(waited=30.1), False),
        (row(attempt=2), False),
        (row(booked=5, waited=5.1), False),
        (row(attempt=2, booked=60, waited=60.1), False),
    ],
    ids=["at once", "long due", "at the bound", "late", "again", "booked", "a retry"],
)
def test_an_attempt_is_prompt_when_nothing_but_a_short_queue_was_before_it(it, prompt):
    assert is_prompt(it) is prompt


def submitted():
    with sending(JOB, "email", Priority.NORMAL) as span:
        return str(span.traceparent)


async def test_a_prompt_attempt_is_within_the_span_that_submitted_it(trace, spans):
    trace()
    origin = submitted()

    with processing(row(), origin) as span:
        processed(span, row(status=JobStatus.SUCCESS), ours=True)

    sent, done = await spans("send default", "process default")
    assert (sent.kind, done.kind) == ("PRODUCER", "CONSUMER")
    assert (done.trace_id, done.parent_id, done.links) == (sent.trace_id, sent.span_id, [])
    about = {
        "messaging.system": "taskforge",
        "messaging.destination.name": "default",
        "messaging.message.id": str(JOB),
        "taskforge.job.type": "email",
    }
    assert sent.facts == {
        **about, "messaging.operation.name": "send", "messaging.operation.type": "send",
    }  # fmt: skip
    assert done.facts == {
        **about, "messaging.operation.name": "process", "messaging.operation.type": "process",
        "taskforge.job.attempt": 1, "taskforge.job.status": "success",
    }  # fmt: skip
    assert not done.failed


async def test_a_late_attempt_has_a_trace_of_its_own_and_a_link(trace, spans):
    trace()
    origin = submitted()

    with processing(row(attempt=2), origin) as span:
        processed(span, row(status=JobStatus.RETRYING, error_class="target_error"), ours=True)

    sent, done = await spans("send default", "process default")
    assert done.trace_id != sent.trace_id
    assert (done.parent_id, done.links) == ("", [(sent.trace_id, sent.span_id)])
    assert (done.failed, done.facts["error.type"]) == (True, "target_error")


async def test_an_attempt_whose_lease_went_to_another_says_so(trace, spans):
    trace()

    with processing(row(), None) as span:
        processed(span, row(), ours=False)

    [done] = await spans("process default")
    assert (done.failed, done.facts["error.type"]) == (True, "lease_lost")


@pytest.mark.parametrize("attempt", [1, 2])
@pytest.mark.parametrize("stored", ["", "nonsense", f"00-{'0' * 32}-{'0' * 16}-01", "7" * 900])
async def test_what_cannot_be_read_of_a_job_keeps_no_attempt_from_starting(
    trace, spans, attempt, stored
):
    trace()

    with processing(row(attempt=attempt), stored):
        pass

    [done] = await spans("process default")
    assert (done.parent_id, done.links) == ("", [])


async def test_attempts_do_not_nest_whoever_starts_them(trace, spans, collector):
    trace()

    with processing(row(), None), processing(row(priority=Priority.HIGH), None):
        pass

    await spans("process default", "process high")
    assert [it.parent_id for it in collector.spans] == ["", ""]


@pytest.mark.parametrize("attempt", [1, 2])
async def test_all_attempts_of_a_job_are_kept_or_none(trace, collector, attempt):
    engine = trace(OTEL_TRACES_SAMPLER="parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG="0.3")
    origins = [submitted() for _ in range(60)]

    for origin in origins:
        with processing(row(attempt=attempt), origin):
            pass

    engine.close(5)

    kept = [origin for origin in origins if is_kept(origin)]
    assert 0 < len(kept) < 60
    attempts = collector.named("process default")
    leads = {it.links[0] if it.links else (it.trace_id, it.parent_id) for it in attempts}
    assert leads == {(origin[3:35], origin[36:52]) for origin in kept}
    assert len(attempts) == len(kept)


async def test_a_sampler_that_asks_nobody_is_not_overruled(trace, collector):
    engine = trace(OTEL_TRACES_SAMPLER="always_off")

    with processing(row(attempt=2), f"00-{'a' * 32}-{'b' * 16}-01"):
        pass
    engine.close(5)

    assert collector.spans == []


async def test_the_jobs_of_one_call_share_a_span(trace, spans):
    trace()

    with sending_many([Priority.NORMAL, Priority.NORMAL], 2):
        pass
    with sending_many([Priority.NORMAL, Priority.LOW], 2):
        pass

    alike, mixed = await spans("send default", "send")
    assert alike.facts["messaging.batch.message_count"] == 2
    assert "messaging.destination.name" not in mixed.facts


async def test_one_round_trip_of_hints_is_told_in_each_trace_that_it_served(
    trace, until, collector
):
    trace()
    mine, other = submitted(), submitted()

    began_ns = time.time_ns()
    hinted([mine, mine, other, None, mine[:-2] + "02"], began_ns=began_ns, taken=True)
    hinted([mine], began_ns=began_ns, taken=False)

    await until(lambda: len(collector.spans) == 5)
    hints = collector.named("hint")
    assert sorted(it.parent_id for it in hints) == sorted([mine[36:52]] * 2 + [other[36:52]])
    assert {it.began_ns for it in hints} == {began_ns}
    assert sorted(it.failed for it in hints) == [False, False, True]


async def test_a_delivery_points_at_the_job_it_tells_of(trace, spans):
    trace()
    origin = submitted()

    with delivering(new_id(), JOB, origin) as span:
        delivered(span, "503")

    sent, done = await spans("send default", "process webhooks")
    assert (done.parent_id, done.links) == ("", [(sent.trace_id, sent.span_id)])
    assert done.facts["taskforge.job.id"] == str(JOB)
    assert (done.failed, done.facts["error.type"]) == (True, "503")


async def test_a_log_line_names_the_span_that_it_was_written_in(trace):
    trace()

    with processing(row(), None) as span:
        with_ids = add_trace(None, "info", {"event": "job.started"})
        inner = await asyncio.create_task(written())

    assert f"00-{with_ids['trace_id']}-{with_ids['span_id']}-03" == span.traceparent
    assert inner == with_ids
    assert add_trace(None, "info", {"event": "job.ended"}) == {"event": "job.ended"}


async def written():
    return add_trace(None, "info", {"event": "job.started"})
