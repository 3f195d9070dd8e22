"""The delivery log, sending again, and the signing secret, over HTTP."""

import asyncpg
import pytest

LOG = "/api/v1/webhooks/deliveries"
ORDER = {"type": "data_processing", "payload": {"dataset": "sales_q1", "operation": "profile"},
         "delay_seconds": 60, "webhook_url": "https://example.com/hook"}  # fmt: skip


@pytest.fixture
async def plain(database_url):
    it = await asyncpg.connect(database_url)
    yield it
    await it.close()


async def owing(client, n=1):
    """Jobs that have ended, each owing a webhook."""
    ids = []
    for _ in range(n):
        job = (await client.post("/api/v1/jobs", json=ORDER)).json()
        assert (await client.post(f"/api/v1/jobs/{job['id']}/cancel")).status_code == 200
        ids.append(job["id"])
    return ids


REFUSED = {
    "private": ("http://127.0.0.1/hook", "OUTBOUND_ALLOWED_HOSTS"),
    "another notation": ("http://0x7f.1/hook", "OUTBOUND_ALLOWED_HOSTS"),
    "port": ("https://example.com:22/hook", "80, 443, 8080, 8443"),
    "user": ("https://ann:pw@example.com/hook", "user name"),
    "fragment": ("https://example.com/hook#x", "fragment"),
    "no host": ("https:///hook", "names a host"),
}


@pytest.mark.parametrize(("url", "advice"), REFUSED.values(), ids=REFUSED)
async def test_a_receiver_that_no_webhook_may_reach_is_refused_with_the_job(operator, url, advice):
    order = ORDER | {"webhook_url": url}

    one = await operator.post("/api/v1/jobs", json=order)
    many = (await operator.post("/api/v1/jobs/bulk", json={"jobs": [ORDER, order]})).json()

    assert (one.status_code, one.json()["code"]) == (422, "webhook_url_refused")
    [fault] = one.json()["errors"]
    assert fault["pointer"] == "/webhook_url"
    assert advice in fault["message"]
    assert [item["status"] for item in many["items"]] == [201, 422]
    assert many["items"][1]["problem"]["errors"][0]["pointer"] == "/jobs/1/webhook_url"


async def test_the_secret_is_shown_once_and_rotates_with_an_overlap(operator):
    first = await operator.post("/api/v1/webhooks/secret")
    second = await operator.post("/api/v1/webhooks/secret")

    assert first.status_code == second.status_code == 201
    assert first.json()["secret"].startswith("whsec_")
    assert first.json()["previous_expires_at"] is None
    assert second.json()["secret"] != first.json()["secret"]
    assert second.json()["previous_expires_at"] is not None
    assert first.headers["cache-control"] == "no-store"


async def test_a_key_makes_no_secret(operator):
    key = (await operator.post("/api/v1/auth/api-key")).json()["key"]

    del operator.headers["Authorization"]
    answer = await operator.post("/api/v1/webhooks/secret", headers={"X-API-Key": key})

    assert answer.status_code == 403


@pytest.mark.parametrize(("method", "path"), [("GET", LOG), ("POST", "/api/v1/webhooks/secret")])
async def test_viewers_have_no_webhooks(viewer, method, path):
    assert (await viewer.request(method, path)).status_code == 403


async def test_the_log_is_paged_newest_first_and_filtered(operator):
    ids = await owing(operator, 3)

    first = (await operator.get(LOG, params={"limit": 2})).json()
    rest = (await operator.get(LOG, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    one = (await operator.get(LOG, params={"job_id": ids[1], "status": "pending"})).json()
    none = (await operator.get(LOG, params={"status": "delivered"})).json()

    assert [item["job_id"] for item in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next_cursor"] is None
    assert [item["job_id"] for item in one["items"]] == [ids[1]]
    assert none["items"] == []


async def test_a_cursor_of_other_filters_is_refused(operator):
    await owing(operator, 2)
    cursor = (await operator.get(LOG, params={"limit": 1})).json()["next_cursor"]

    answer = await operator.get(LOG, params={"limit": 1, "cursor": cursor, "status": "failed"})

    assert answer.status_code == 400


async def test_one_or_a_span_of_failed_deliveries_is_sent_again(operator, plain):
    await owing(operator, 3)
    await plain.execute("UPDATE webhook_deliveries SET status = 'failed', next_at = NULL")
    one = (await operator.get(LOG)).json()["items"][0]

    again = await operator.post(f"{LOG}/{one['id']}/redeliver")
    span = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
    rest = await operator.post("/api/v1/webhooks/redeliver", json=span)

    assert again.status_code == 200
    assert again.json()["status"] == "pending"
    assert again.json()["attempts"] == 0
    assert rest.json() == {"count": 2}


async def test_an_unknown_delivery_is_not_found(operator):
    unknown = f"{LOG}/00000000-0000-0000-0000-000000000000/redeliver"

    assert (await operator.post(unknown)).status_code == 404


@pytest.mark.parametrize("since", ["2026-01-01T00:00:00", "yesterday", "", None, 5])
async def test_a_bad_span_is_refused(operator, since):
    answer = await operator.post(
        "/api/v1/webhooks/redeliver", json={"since": since, "until": "2026-01-01T00:00:00Z"}
    )

    assert answer.status_code in (400, 422)
    assert "since" in answer.text
