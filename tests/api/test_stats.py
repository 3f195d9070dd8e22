"""Counts, charts, and what runs jobs, over HTTP."""

import msgspec
import pytest

from taskforge.core.states import JobStatus
from tests.api.orders import ORDER

V1 = "/api/v1"


async def test_a_summary_counts_what_was_submitted_at_once(operator):
    for priority in ("high", "high", "low"):
        await operator.post(f"{V1}/jobs", json=ORDER | {"priority": priority})

    summary = (await operator.get(f"{V1}/jobs/metrics/summary")).json()

    assert summary["total"] == 3
    assert summary["by_status"] == {str(s): 0 for s in JobStatus} | {"queued": 3}
    assert summary["by_priority"] == {"critical": 0, "high": 2, "normal": 0, "low": 1}
    assert summary["by_type"]["data_processing"] == 3
    assert summary["by_type"]["custom"] == 0
    assert summary["wait_seconds"] == {"p50": None, "p95": None}


async def test_a_chart_has_a_point_for_every_minute(operator):
    await operator.post(f"{V1}/jobs", json=ORDER)

    chart = (await operator.get(f"{V1}/jobs/metrics/timeseries?minutes=10")).json()

    assert chart["step_seconds"] == 60
    assert len(chart["items"]) == 10
    assert sum(item["submitted"] for item in chart["items"]) == 1


async def test_a_chart_is_of_a_type_a_priority_and_an_earlier_time(operator):
    await operator.post(f"{V1}/jobs", json=ORDER | {"priority": "high"})
    counted: dict[str, int] = {}

    for query in ("", "&type=email", "&priority=high", "&priority=low", "&minutes_ago=60"):
        answer = await operator.get(f"{V1}/jobs/metrics/timeseries?minutes=10{query}")
        counted[query] = sum(item["submitted"] for item in answer.json()["items"])

    assert counted == {
        "": 1, "&type=email": 0, "&priority=high": 1, "&priority=low": 0, "&minutes_ago=60": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "query", ["minutes=0", "minutes=10081", "minutes=x", "minutes_ago=-5", "priority=soon"]
)
async def test_a_chart_of_what_makes_no_sense_is_refused(viewer, query):
    answer = await viewer.get(f"{V1}/jobs/metrics/timeseries?{query}")

    assert answer.status_code == 422


async def test_queues_and_workers_are_listed(operator):
    await operator.post(f"{V1}/jobs", json=ORDER)

    queues = (await operator.get(f"{V1}/queues")).json()
    workers = (await operator.get(f"{V1}/workers")).json()

    assert [(q["name"], q["depth"]) for q in queues["items"]] == [
        ("critical", 0), ("high", 0), ("default", 1), ("low", 0),
    ]  # fmt: skip
    assert workers == {"items": [], "next_cursor": None}


async def test_job_types_say_what_their_payload_is(viewer):
    page = (await viewer.get(f"{V1}/job-types")).json()

    types = {item["name"]: item for item in page["items"]}
    assert {"custom", "data_processing"} <= set(types)
    assert types["data_processing"]["payload_schema"]
    assert types["data_processing"]["examples"]
    assert page["unavailable"] == []


@pytest.mark.parametrize("path", ["jobs", "jobs/metrics/summary", "job-types", "queues", "workers"])
async def test_nobody_reads_without_an_account(client, path):
    answer = await client.get(f"{V1}/{path}")

    assert answer.status_code == 401
    assert msgspec.json.decode(answer.content)["code"] == "unauthenticated"
