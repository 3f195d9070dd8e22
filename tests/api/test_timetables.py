"""A timetable can be tried before it is used."""

PREVIEW = "/api/v1/schedules/preview"


async def test_a_timetable_is_told_in_words_and_moments(viewer):
    asked = {
        "cron": "30 2 * * *",
        "timezone": "Europe/Berlin",
        "after": "2026-03-28T12:00:00Z",
        "count": 2,
    }

    answer = (await viewer.post(PREVIEW, json=asked)).json()

    assert answer["words"] == "At 02:30 every day"
    assert answer["fires"] == [
        {"at": "2026-03-29T01:00:00Z", "local": "2026-03-29T03:00:00+02:00",
         "clock_change_minutes": 60},
        {"at": "2026-03-30T00:30:00Z", "local": "2026-03-30T02:30:00+02:00",
         "clock_change_minutes": 0},
    ]  # fmt: skip


async def test_a_trial_keeps_to_its_start_and_end(viewer):
    asked = {
        "interval_seconds": 60,
        "after": "2026-03-28T12:00:00Z",
        "starts_at": "2026-03-28T13:00:30Z",
        "ends_at": "2026-03-28T13:02:30Z",
    }

    answer = (await viewer.post(PREVIEW, json=asked)).json()

    moments = [fire["at"] for fire in answer["fires"]]
    assert moments == ["2026-03-28T13:00:30Z", "2026-03-28T13:01:30Z"]


async def test_without_a_moment_it_begins_now(viewer):
    answer = (await viewer.post(PREVIEW, json={"interval_seconds": 1.5})).json()

    assert len(answer["fires"]) == 10


TRIALS = [
    ({"cron": "*/0 * * * *"}, "/cron"),
    ({"cron": "0-9999999999 * * * *"}, "/cron"),
    ({"cron": "*" * 121}, "/cron"),
    ({"cron": "0 0 31 2 *"}, "/cron"),
    ({"cron": "0 0 * * *", "timezone": "Mars/Olympus"}, "/timezone"),
    ({"interval_seconds": 0.5}, "/interval_seconds"),
    ({"interval_seconds": 1e300}, "/interval_seconds"),
    ({}, "/cron"),
    ({"cron": "* * * * *", "interval_seconds": 5}, "/cron"),
    ({"cron": "* * * * *", "count": 51}, "/count"),
    ({"cron": "* * * * *", "after": "9999-12-31T23:59:59Z"}, "/after"),
    ({"cron": "* * * * *", "after": "0001-01-01T00:00:00Z"}, "/after"),
    ({"cron": "* * * * *", "cadence": 1}, "/cadence"),
    ({"cron": "* * * * *", "starts_at": "2026-01-01T00:00:00"}, "/starts_at"),
    ({"cron": "* * * * *", "starts_at": "9999-12-31T23:59:59-23:59"}, "/starts_at"),
    ({"cron": "* * * * *", "ends_at": "0001-01-01T00:00:00+23:59"}, "/ends_at"),
]


async def test_trials_that_make_no_sense_are_refused_with_a_pointer(viewer):
    answers = [await viewer.post(PREVIEW, json=asked) for asked, _ in TRIALS]

    found = [(it.status_code, it.json()["errors"][0]["pointer"]) for it in answers]
    assert found == [(422, pointer) for _, pointer in TRIALS]
