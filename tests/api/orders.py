"""A job to submit, and what tests of jobs ask of an answer."""

from typing import Any

import httpx

ORDER: dict[str, Any] = {
    "type": "data_processing",
    "payload": {"dataset": "sales_q1", "operation": "profile", "rows": 10},
}
JOBS = "/api/v1/jobs"


async def submitted(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post(JOBS, json=ORDER | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]
