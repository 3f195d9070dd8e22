"""Traces of the whole service: who caused what, over all its processes."""

import pytest

from support.collector import collecting
from support.processes import TESTS
from support.receiver import receiving
from support.waiting import eventually

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
THEIRS = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
HOSTILE = [
    [("traceparent", f"00-{TRACE}-{PARENT}-01")] * 2,
    [("traceparent", f"00-{'0' * 32}-{'0' * 16}-01")],
    [("traceparent", f"00-{TRACE}-{PARENT}-01" * 500)],
    [("traceparent", "\xff;drop table jobs"), ("tracestate", "x" * 9_000)],
]


@pytest.fixture
def collector():
    with collecting() as it:
        yield it


@pytest.fixture
async def receiver():
    async with receiving() as it:
        yield it


@pytest.fixture
def further_settings(collector, receiver):
    here = f"127.0.0.1:{receiver.port}"
    return {
        **collector.environment,
        "OUTBOUND_ALLOWED_HOSTS": here,
        "TRACE_HOSTS": here,
        "RETRY_BASE_SECONDS": "0.2",
        "TASKFORGE_JOB_MODULES": "jobs.calling",
        "PYTHONPATH": str(TESTS),
    }


class Traces:
    """What a test does with jobs, and what was told of them."""

    def __init__(self, client, collector, receiver):
        self.client = client
        self.collector = collector
        self.receiver = receiver

    async def job(self, path, *, headers=None, failures=0, **order):
        """A job that calls this path; once it has ended."""
        payload = {"url": self.receiver.url(path), "failures": failures}
        body = {"type": "call", "payload": payload, **order}
        made = await self.client.post("/jobs", json=body, headers=headers)
        assert made.status_code == 201, made.text
        return (await self.client.get(f"/jobs/{made.json()['id']}?wait=30")).json()

    async def of(self, job_id, name, count=1):
        """The spans of a job that have this name."""

        async def look():
            found = [
                it
                for it in self.collector.named(name)
                if it.facts.get("messaging.message.id") == job_id
            ]
            return len(found) == count and found

        return await eventually(look)

    async def within(self, parent, name):
        """The one span of this name right within another."""

        async def look():
            return [it for it in self.collector.below(parent) if it.name == name]

        [found] = await eventually(look)
        return found


@pytest.fixture
def traces(operator, collector, receiver):
    return Traces(operator, collector, receiver)


async def test_traces_tell_what_came_of_what(traces):
    await one_trace_leads_from_the_request_to_the_calls_of_the_handler(traces)
    await a_retry_and_a_later_start_have_traces_of_their_own(traces)
    await a_webhook_points_at_its_job(traces)
    await a_schedule_sends_its_jobs_itself(traces)
    await hostile_headers_change_nothing(traces)


async def one_trace_leads_from_the_request_to_the_calls_of_the_handler(traces):
    job = await traces.job("/asked", headers=THEIRS)

    [sent] = await traces.of(job["id"], "send default")
    hint = await traces.within(sent, "hint")
    process = await traces.within(sent, "process default")
    call = await traces.within(process, "GET")
    [request] = [
        it
        for it in traces.collector.named("POST /api/v1/jobs")
        if it.span_id == sent.parent_id
    ]  # fmt: skip
    assert request.parent_id == PARENT
    assert {it.trace_id for it in (request, sent, hint, process, call)} == {TRACE}
    times = [request.began_ns, sent.began_ns, hint.began_ns, process.began_ns, call.began_ns]
    assert times == sorted(times)
    assert process.facts["taskforge.job.status"] == job["status"] == "success"
    assert process.resource["service.name"] == "taskforge-worker"
    assert process.resource["service.instance.id"] == job["worker_id"]
    assert request.resource["service.name"] == "taskforge-api"
    told = traces.receiver.calls["/asked"][0].headers["traceparent"]
    assert told[:52] == f"00-{TRACE}-{call.span_id}"


async def a_retry_and_a_later_start_have_traces_of_their_own(traces):
    again = await traces.job("/again", failures=1)
    later = await traces.job("/later", delay_seconds=0.2)

    [sent] = await traces.of(again["id"], "send default")
    first, second = await traces.of(again["id"], "process default", 2)
    assert (first.parent_id, first.facts["error.type"]) == (sent.span_id, "target_error")
    assert (second.parent_id, second.links) == ("", [(sent.trace_id, sent.span_id)])
    assert (await traces.within(second, "GET")).trace_id == second.trace_id != sent.trace_id
    [sent] = await traces.of(later["id"], "send default")
    [process] = await traces.of(later["id"], "process default")
    assert (process.parent_id, process.links) == ("", [(sent.trace_id, sent.span_id)])


async def a_webhook_points_at_its_job(traces):
    job = await traces.job("/told", webhook_url=traces.receiver.url("/hook"))

    [sent] = await traces.of(job["id"], "send default")

    async def look():
        return traces.collector.named("process webhooks")

    [delivery] = await eventually(look)
    call = await traces.within(delivery, "POST")
    assert (delivery.parent_id, delivery.links) == ("", [(sent.trace_id, sent.span_id)])
    assert delivery.facts["taskforge.job.id"] == job["id"]
    assert delivery.resource["service.name"] == "taskforge-scheduler"
    assert call.facts["http.response.status_code"] == 200
    assert "hook" not in str(call.facts)


async def a_schedule_sends_its_jobs_itself(traces):
    template = {"type": "call", "payload": {"url": traces.receiver.url("/fired")}}
    order = {"name": "often", "interval_seconds": 1, "template": template}
    made = await traces.client.post("/schedules", json=order)
    assert made.status_code == 201, made.text

    async def fired():
        return [
            it
            for it in traces.collector.named("send default")
            if it.resource["service.name"] == "taskforge-scheduler"
        ]

    sent = (await eventually(fired))[0]
    assert sent.parent_id == ""
    assert (await traces.within(sent, "process default")).trace_id == sent.trace_id
    gone = await traces.client.delete(f"/schedules/{made.json()['id']}")
    assert gone.is_success


async def hostile_headers_change_nothing(traces):
    before = {it.span_id for it in traces.collector.named("POST /api/v1/jobs")}

    for headers in HOSTILE:
        raw = [(name, value.encode("latin-1")) for name, value in headers]
        assert (await traces.job("/hostile", headers=raw))["status"] == "success"

    async def look():
        spans = traces.collector.named("POST /api/v1/jobs")
        new = [it for it in spans if it.span_id not in before]
        return new if len(new) == len(HOSTILE) else []

    assert {it.parent_id for it in await eventually(look)} == {""}
