"""What is asked beside the body: unknown names, values too many, moments, methods."""

import pytest

from tests.api.orders import code

JOBS, AUDIT = "/api/v1/jobs", "/api/v1/audit"


async def refused(client, path):
    """What is said about a parameter: its name and the message."""
    answer = await client.get(path)
    assert code(answer) == (422, "invalid_parameter")
    return [(fault["parameter"], fault["message"]) for fault in answer.json()["errors"]]


async def test_a_misspelt_parameter_is_refused_and_the_right_one_named(viewer):
    faults = await refused(viewer, f"{JOBS}?statuss=failed&limit=5")

    assert faults == [("statuss", "there is no such parameter; did you mean `status`?")]


async def test_a_parameter_of_no_name_of_ours_is_refused_plainly(viewer):
    assert await refused(viewer, f"{JOBS}?zebra=1") == [("zebra", "there is no such parameter")]


async def test_an_address_without_parameters_takes_none(viewer):
    assert await refused(viewer, "/api/v1/queues?limit=1") == [
        ("limit", "there is no such parameter")
    ]


async def test_a_value_too_many_is_refused_and_a_list_takes_several(viewer):
    assert await refused(viewer, f"{JOBS}?limit=1&limit=200") == [
        ("limit", "stands 2 times, and may stand once")
    ]
    assert (await viewer.get(f"{JOBS}?status=failed&status=queued")).status_code == 200


async def test_thousands_of_unknown_parameters_get_a_short_answer(viewer):
    faults = await refused(viewer, f"{JOBS}?{'&'.join(f'x{n}=1' for n in range(5_000))}")

    assert len(faults) == 10


async def test_who_may_not_ask_learns_no_names(client):
    assert (await client.get(f"{JOBS}?statuss=failed")).status_code == 401


@pytest.mark.parametrize(
    "moment", ["0", "1767225600", "2026-01-31", "2026-01-31T08:00:00", "yesterday", ""]
)
@pytest.mark.parametrize(
    "parameter", [f"{JOBS}?created_after", f"{AUDIT}?since", "/api/v1/webhooks/deliveries?until"]
)
async def test_a_moment_is_a_date_with_time_and_zone(admin, parameter, moment):
    ((name, message),) = await refused(admin, f"{parameter}={moment}")

    assert name == parameter.partition("?")[2]
    assert "2026-01-31T08:00:00Z" in message


@pytest.mark.parametrize("moment", ["2026-01-31T08:00:00Z", "2026-01-31T08:00:00%2B01:00"])
async def test_a_moment_with_its_zone_is_taken(admin, moment):
    assert (await admin.get(f"{JOBS}?created_after={moment}")).status_code == 200


async def test_a_wrong_cursor_is_named(viewer):
    answer = await viewer.get(f"{JOBS}?cursor=0")

    assert code(answer) == (400, "bad_cursor")
    assert [fault["parameter"] for fault in answer.json()["errors"]] == ["cursor"]


@pytest.mark.parametrize(
    ("path", "methods"),
    [(JOBS, "GET, HEAD, POST, OPTIONS"), ("/api/v1/auth/api-key", "POST, DELETE, OPTIONS")],
)
async def test_options_and_a_wrong_method_name_every_method(viewer, path, methods):
    options, wrong = await viewer.options(path), await viewer.put(path)

    assert (options.status_code, options.headers["allow"]) == (204, methods)
    assert (wrong.status_code, wrong.headers["allow"]) == (405, methods)


BEGINNING, END = "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"


@pytest.mark.parametrize("moment", [BEGINNING, END])
async def test_a_moment_beyond_the_calendar_is_refused(admin, moment):
    escaped = moment.replace("+", "%2B")

    assert await refused(admin, f"{AUDIT}?since={escaped}") == [
        ("since", "lies beyond the calendar")
    ]


async def test_a_moment_of_a_body_beyond_the_calendar_is_refused(operator):
    span = {"since": BEGINNING, "until": "2026-01-31T08:00:00Z"}
    sent = await operator.post("/api/v1/webhooks/redeliver", json=span)
    made = await operator.post("/api/v1/auth/api-keys", json={"name": "k", "expires_at": END})

    pointers = [fault["pointer"] for it in (sent, made) for fault in it.json()["errors"]]
    assert (sent.status_code, made.status_code) == (422, 422)
    assert pointers == ["/since", "/expires_at"]
