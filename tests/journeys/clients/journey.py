"""What a user writes with the generated Python client; `taskforge_client` is made by the test."""

import sys
from http import HTTPStatus

import httpx
from taskforge_client import AuthenticatedClient, Client
from taskforge_client.api.auth import sign_in
from taskforge_client.api.jobs import get_job, list_jobs, submit_job, submit_jobs
from taskforge_client.models.accepted_job import AcceptedJob
from taskforge_client.models.bulk_order import BulkOrder
from taskforge_client.models.bulk_outcome import BulkOutcome
from taskforge_client.models.data_processing_dataset import DataProcessingDataset
from taskforge_client.models.data_processing_order import DataProcessingOrder
from taskforge_client.models.data_processing_profile import DataProcessingProfile
from taskforge_client.models.job_detail import JobDetail
from taskforge_client.models.job_page import JobPage
from taskforge_client.models.job_status import JobStatus
from taskforge_client.models.problem import Problem
from taskforge_client.models.sign_in import SignIn
from taskforge_client.models.token_pair import TokenPair

url, username, password = sys.argv[1:]
patience = httpx.Timeout(60)

tokens = sign_in.sync(client=Client(url), body=SignIn(username=username, password=password))
assert isinstance(tokens, TokenPair), tokens
client = AuthenticatedClient(url, token=tokens.access_token, timeout=patience)


def profile(rows: int) -> DataProcessingOrder:
    """An order for a profile of so many rows."""
    payload = DataProcessingProfile(dataset=DataProcessingDataset.SALES_Q1, rows=rows)
    return DataProcessingOrder(payload=payload, tags=["python"])


made = submit_job.sync_detailed(client=client, body=profile(500), idempotency_key="python-1")
again = submit_job.sync_detailed(client=client, body=profile(500), idempotency_key="python-1")
assert isinstance(made.parsed, AcceptedJob), made
assert isinstance(again.parsed, AcceptedJob), again
assert (made.status_code, again.status_code) == (HTTPStatus.CREATED, HTTPStatus.OK)
assert made.headers["location"] == f"/api/v1/jobs/{made.parsed.id}"
assert made.parsed.id == again.parsed.id
assert made.parsed.created_at.tzinfo is not None

ended = get_job.sync(made.parsed.id, client=client, wait=30)
assert isinstance(ended, JobDetail), ended
assert ended.status is JobStatus.SUCCESS, ended.error
assert ended.result["stats"], ended.result
assert [attempt.outcome for attempt in ended.attempts] == ["success"]

page = list_jobs.sync(client=client, tag="python", status=[JobStatus.SUCCESS])
assert isinstance(page, JobPage), page
assert [item.id for item in page.items] == [made.parsed.id]

many = submit_jobs.sync(client=client, body=BulkOrder(jobs=[profile(10), profile(0)]))
assert isinstance(many, BulkOutcome), many
assert [item.status for item in many.items] == [201, 422]

refused = submit_job.sync_detailed(client=client, body=profile(0))
assert refused.status_code is HTTPStatus.UNPROCESSABLE_ENTITY
assert isinstance(refused.parsed, Problem), refused
assert refused.parsed.code == "invalid_payload"
assert [fault.pointer for fault in refused.parsed.errors] == ["/payload/rows"]

# A type that the client was made without: plain JSON, by the client underneath.
other = client.get_httpx_client().post(
    "/api/v1/jobs", json={"type": "say", "payload": {"value": "hello"}}
)
assert other.status_code == HTTPStatus.CREATED, other.text
