"""The delivery log, sending again, and the signing secret, over HTTP."""

from uuid import uuid4

import pytest

LOG = "/api/v1/webhooks/deliveries"
ORDER = {"type": "data_processing", "payload": {"dataset": "sales_q1", "operation": "profile"},
         "delay_seconds": 60, "webhook_url": "https://example.com/hook"}  # fmt: skip


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


async def test_the_state_of_the_secret_tells_of_a_rotation_which_can_be_ended_early(operator):
    none = await operator.get("/api/v1/webhooks/secret")
    made = (await operator.post("/api/v1/webhooks/secret")).json()
    one = (await operator.get("/api/v1/webhooks/secret")).json()
    rotated = (await operator.post("/api/v1/webhooks/secret")).json()
    both = (await operator.get("/api/v1/webhooks/secret")).json()

    ended = await operator.delete("/api/v1/webhooks/secret/previous")
    again = await operator.delete("/api/v1/webhooks/secret/previous")
    after = (await operator.get("/api/v1/webhooks/secret")).json()

    assert none.json() == {"created_at": None, "previous_expires_at": None}
    assert one == {"created_at": made["created_at"], "previous_expires_at": None}
    assert both == {key: rotated[key] for key in ("created_at", "previous_expires_at")}
    assert (ended.status_code, again.status_code) == (204, 404)
    assert after == {"created_at": rotated["created_at"], "previous_expires_at": None}


ENDPOINTS = "/api/v1/webhooks/endpoints"
MAKE_ENDPOINT = """
INSERT INTO webhook_endpoints (id, url, failures, open_until, disabled_at, reason, last_failure_at)
VALUES ($1, $2, 3, clock_timestamp() + $3 * interval '1 minute',
        CASE WHEN $4 THEN clock_timestamp() END, CASE WHEN $4 THEN 'it answered 410 Gone' END,
        clock_timestamp())
"""


async def test_receivers_are_listed_with_how_they_fare_and_what_they_are_owed(operator, plain):
    await owing(operator, 2)
    owed = await plain.fetchval("SELECT endpoint FROM webhook_deliveries LIMIT 1")
    await plain.execute(MAKE_ENDPOINT, owed, "https://example.com/hook", 5, False)
    await plain.execute(MAKE_ENDPOINT, uuid4(), "https://example.com/gone", -5, True)
    await plain.execute(MAKE_ENDPOINT, uuid4(), "https://example.com/well", -5, False)

    found, cursor = [], None
    while not found or cursor:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await operator.get(ENDPOINTS, params=params)).json()
        found, cursor = found + page["items"], page["next_cursor"]
    [gone] = (await operator.get(ENDPOINTS, params={"state": "disabled"})).json()["items"]

    by_end = {one["url"].rpartition("/")[2]: one for one in found}
    assert {end: (one["state"], one["pending"]) for end, one in by_end.items()} == {
        "hook": ("backing_off", 2), "gone": ("disabled", 0), "well": ("ok", 0)
    }  # fmt: skip
    assert by_end["hook"]["backing_off_until"]
    assert by_end["well"]["backing_off_until"] is None
    assert gone == by_end["gone"]
    assert gone["reason"] == "it answered 410 Gone"
    assert (await operator.get(ENDPOINTS, params={"state": "asleep"})).status_code == 422


async def test_a_disabled_receiver_is_enabled_by_hand_and_the_trail_tells_so(operator, plain):
    gone = uuid4()
    await plain.execute(MAKE_ENDPOINT, gone, "https://example.com/gone", 5, True)

    answer = await operator.post(f"{ENDPOINTS}/{gone}/enable")
    again = await operator.post(f"{ENDPOINTS}/{gone}/enable")
    unknown = await operator.post(f"{ENDPOINTS}/{uuid4()}/enable")

    assert (answer.status_code, again.status_code, unknown.status_code) == (200, 200, 404)
    assert (answer.json()["state"], answer.json()["failures"]) == ("ok", 0)
    deed = await plain.fetchrow("SELECT * FROM audit WHERE action = 'webhook_endpoint.enabled'")
    assert deed["target"] == f"webhook_endpoint:{gone}"
    assert '"state": "disabled"' in deed["before"]
    assert '"state": "ok"' in deed["after"]


async def test_what_is_under_way_is_not_sent_again(operator, plain):
    await owing(operator)
    row = await plain.fetchrow("SELECT id, endpoint FROM webhook_deliveries")
    await plain.execute(
        "INSERT INTO webhook_endpoints (id, url, owner, lease_until)"
        " VALUES ($1, 'https://example.com/hook', $1, clock_timestamp() + interval '1 minute')",
        row["endpoint"],
    )

    one = await operator.post(f"{LOG}/{row['id']}/redeliver")
    span = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z", "status": "pending"}
    many = await operator.post("/api/v1/webhooks/redeliver", json=span)
    await plain.execute("UPDATE webhook_endpoints SET owner = NULL, lease_until = NULL")
    later = await operator.post("/api/v1/webhooks/redeliver", json=span)

    assert (one.status_code, one.json()["code"]) == (409, "delivery_under_way")
    assert many.json() == {"count": 0}
    assert later.json() == {"count": 1}


async def test_a_span_that_ends_before_it_begins_is_refused(operator):
    span = {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}

    answer = await operator.post("/api/v1/webhooks/redeliver", json=span)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/until"
