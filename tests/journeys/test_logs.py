"""What the roles say while they serve: every line is one of the documented kind."""

import ipaddress
import json
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from support.waiting import eventually
from tests.journeys.conftest import PASSWORD

ROOT = Path(__file__).parents[2]
SECRET = "hunter2-hunter2"
KINDS = {
    "keyword": lambda it: isinstance(it, str) or all(isinstance(one, str) for one in it),
    "text": lambda it: isinstance(it, str),
    "long": lambda it: type(it) is int,
    "double": lambda it: type(it) in (int, float),
    "boolean": lambda it: type(it) is bool,
    "ip": ipaddress.ip_address,
    "date_nanos": lambda it: datetime.fromisoformat(it).tzinfo and it.endswith("Z"),
}
"""What an index takes as such."""


@pytest.fixture(scope="module")
def index():
    """The type of each field."""
    template = json.loads((ROOT / "ops" / "logs" / "index-template.json").read_text())
    properties = template["template"]["mappings"]["properties"]
    return {name: field["type"] for name, field in properties.items()}


@pytest.fixture
def further_settings(tmp_path, index):
    """Everything is told; what was, is looked at when all processes have ended."""
    yield {
        "LOG_LEVEL": "debug",
        "TASKFORGE_JOB_MODULES": "jobs.plain,jobs.chatty",
        "PYTHONPATH": str(ROOT / "tests"),
        "RETRY_BASE_SECONDS": "0.1",
    }
    for line in (tmp_path / "output").read_text().splitlines():
        for field, value in json.loads(line).items():
            assert value is None or KINDS[index[field]](value), f"{field} in {line}"


@pytest.fixture
async def operator(stack, credentials):
    """A client that is signed in, and asks for more than the API."""
    async with httpx.AsyncClient(base_url=stack.urls[0], trust_env=False, timeout=30) as client:
        order = dict(zip(("username", "password"), credentials, strict=True))
        token = (await client.post("/api/v1/auth/login", json=order)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


@pytest.fixture
def told(tmp_path):
    """Waits until a line says all of this, and gives all that do."""

    async def told(**facts):
        async def look():
            text = (tmp_path / "output").read_text()
            lines = map(json.loads, text[: text.rfind("\n") + 1].splitlines())
            return [line for line in lines if facts.items() <= line.items()]

        return await eventually(look, within=20)

    return told


async def test_requests_attempts_and_libraries_are_told_in_known_fields_and_without_secrets(
    operator, told, tmp_path
):
    order = {"type": "chatty", "payload": {"secret": SECRET}, "max_retries": 1}
    asked = {"X-Request-ID": "find-me-in-the-log.1"}
    job = (await operator.post("/api/v1/jobs", json=order, headers=asked)).json()["id"]
    fine = await operator.post("/api/v1/jobs", json={"type": "noop", "payload": {}})
    await operator.get(f"/api/v1/jobs/{job}", params={"token": SECRET})
    wrong = {"username": "olga", "password": SECRET}
    await operator.post("/api/v1/auth/login", json=wrong)
    await operator.get(f"/nowhere/{SECRET}")
    address = str(operator.base_url).replace("http", "ws")
    with connect(f"{address}/ws?token={operator.headers['Authorization'][7:]}", proxy=None) as live:
        live.recv()

    (submitted,) = await told(event="request.answered", request_id="find-me-in-the-log.1")
    assert submitted["service.name"] == "taskforge-api"
    assert (submitted["method"], submitted["route"]) == ("POST", "/api/v1/jobs")
    assert submitted["status_code"] == 201
    assert submitted["user_id"]
    (refused,) = await told(event="request.answered", job_id=job, status_code=422)
    assert refused["route"] == "/api/v1/jobs/{job_id}"
    (socket,) = await told(event="request.answered", method="WS")
    assert (socket["status_code"], socket["route"]) == (101, "/ws")
    (probe, *_) = await told(event="request.answered", route="/health/ready")
    assert probe["level"] == "debug"
    assert (await told(event="sign_in.refused"))[0]["ip"] == "127.0.0.1"
    assert await told(event="request.answered", route="unknown", status_code=404)

    (last,) = await told(event="attempt.ended", job_id=job, status="dead_letter")
    first = (await told(event="attempt.ended", job_id=job, attempt=1))[0]
    assert (first["status"], last["attempt"], last["queue"]) == ("retrying", 2, "default")
    assert (last["error_class"], last["error.type"]) == ("internal", "RuntimeError")
    assert last["worker"]
    assert last["duration_ms"] > 0
    (well,) = await told(event="attempt.ended", job_id=fine.json()["id"])
    assert (well["level"], well["status"], well["job_type"]) == ("info", "success", "noop")
    library = await told(logger="some.library", job_id=job)
    assert [line["attempt"] for line in library] == [1, 2]

    output = (tmp_path / "output").read_text()
    assert SECRET not in output
    assert PASSWORD not in output
    assert operator.headers["Authorization"] not in output
