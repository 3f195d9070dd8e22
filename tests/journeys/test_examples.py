"""Every documented example of every job type, run through the front door, without a network."""

import asyncio

import httpx
import pytest

from support.described import described_by, plain_readings

PATIENCE_SECONDS = 120


@pytest.fixture
async def document(stack):
    """The description of the API."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        return (await client.get(f"{stack.urls[0]}/api/openapi.json")).json()


@pytest.fixture
def operator(operator, document):
    """An operator's client; each answer must be as the description says."""
    operator.event_hooks = {"response": [described_by(document)]}
    return operator


async def test_every_documented_example_ends_in_success(operator, document):
    types = (await operator.get("/job-types")).json()
    asked = [
        {"type": kind["name"], "payload": example}
        for kind in types["items"]
        for example in kind["examples"]
    ]

    answers = (await operator.post("/jobs/bulk", json={"jobs": asked})).json()
    jobs = await asyncio.gather(*(ended(operator, item["job"]["id"]) for item in answers["items"]))

    assert types["unavailable"] == []
    assert {kind["name"] for kind in types["items"]} == {
        "ai_inference", "custom", "data_processing", "email", "security_scan", "web_scraping",
    }  # fmt: skip
    assert all(kind["examples"] for kind in types["items"])
    assert answers["failed"] == 0
    assert [job["error"] for job in jobs if job["status"] != "success"] == []
    for job in jobs:
        assert job["result"]["version"] == 1
        assert job["result"]["backend"]
        assert isinstance(job["result"]["warnings"], list)
        assert isinstance(job["result"]["stats"], dict)
        assert job["progress"], job["type"]
        await every_file_is_what_it_says(operator, job)
    await the_mailbox_has_what_was_sent(operator, jobs)
    await all_that_can_be_read_is_described(operator, document, jobs)


async def ended(client, job_id):
    """The job once it has ended."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            job = (await client.get(f"/jobs/{job_id}", params={"wait": 20})).json()
            if job["finished_at"]:
                return job


async def every_file_is_what_it_says(client, job):
    for artifact in job["artifacts"]:
        file = await client.get(f"/jobs/{job['id']}/artifacts/{artifact['name']}")
        assert file.status_code == 200
        assert len(file.content) == artifact["size_bytes"] > 0


async def the_mailbox_has_what_was_sent(client, jobs):
    accepted = sum(job["result"]["summary"]["accepted"] for job in jobs if job["type"] == "email")
    items = (await client.get("/mailbox", params={"limit": 200})).json()["items"]
    assert accepted > 0
    assert len(items) == accepted


async def all_that_can_be_read_is_described(client, document, jobs):
    """The client itself compares; here it is led everywhere."""
    for path in plain_readings(document):
        await client.get(client.base_url.join(path))
    for job in jobs:
        await client.get(f"/jobs/{job['id']}/logs")
