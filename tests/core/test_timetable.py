"""Cron expressions, checked against a clock that is walked minute by minute (T-57)."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo, available_timezones

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from taskforge.core.errors import Invalid
from taskforge.core.timetable import Timetable, check, explain, fires, local

MINUTE = timedelta(minutes=1)
ZONES = sorted(available_timezones())


@cache
def changes(name):
    """Days between 1972 and 2040 on which a zone's clocks are changed."""
    zone, found = ZoneInfo(name), []
    early = datetime(1972, 2, 1, tzinfo=UTC)  # Liberia was 44.5 minutes off until then
    while early.year < 2040:
        late = early + timedelta(days=40)
        while (late - early).days > 1 and offset(early, zone) != offset(late, zone):
            middle = early + (late - early) / 2
            if offset(middle, zone) == offset(early, zone):
                early = middle
            else:
                late = middle
        if offset(early, zone) != offset(late, zone):
            found.append(late)
        early = late
    return found


def offset(at, zone):
    return at.astimezone(zone).utcoffset()


def walked(expression, zone, begin, end):
    """The rule of R-62, told minute by minute in the simplest way there is."""
    matches = matcher(expression)
    follows_time = expression.split()[1].startswith("*")
    at, found = begin, []
    last_wall = (begin - MINUTE).astimezone(zone).replace(tzinfo=None)
    highest = last_wall
    while at < end:
        wall = at.astimezone(zone).replace(tzinfo=None)
        if follows_time:
            hit = matches(wall)
        else:
            skipped = []
            while highest < wall:
                highest += MINUTE
                skipped.append(highest)
            hit = any(matches(one) for one in skipped)
        if hit:
            found.append(at)
        at += MINUTE
    return found


def matcher(expression):
    reader = CronSim(expression, datetime(2000, 1, 1))  # noqa: DTZ001 - a wall clock has no zone
    return lambda wall: (
        wall.minute in reader.minutes
        and wall.hour in reader.hours
        and wall.month in reader.months
        and reader.match_day(wall.date())
    )


minutes = st.sampled_from(["0", "30", "15,45", "*/20", "59", "7-9"])
hours = st.sampled_from(["*", "*/2", "0", "1", "2", "3", "1-3", "23", "0,2"])
days = st.sampled_from(["* * *", "* * SUN", "L * *", "1-7 * *", "* * SUN#2", "* * 0L"])
expressions = st.builds("{} {} {}".format, minutes, hours, days)


@settings(max_examples=150, deadline=None)
@given(expressions, st.sampled_from(ZONES), st.randoms(use_true_random=False))
def test_fires_are_those_of_a_clock_that_is_walked(expression, name, chance):
    zone = ZoneInfo(name)
    around = chance.choice(changes(name) or [datetime(2026, 3, 29, tzinfo=UTC)])
    begin, end = around - timedelta(days=2), around + timedelta(days=2)
    timetable = Timetable(cron=expression, timezone=name)
    check(timetable)

    upcoming = fires(timetable, begin - timedelta(seconds=1), anchor=begin)
    found = list(takewhile(lambda at: at < end, upcoming))

    assert found == walked(expression, zone, begin, end)


@settings(max_examples=150, deadline=None)
@given(expressions, st.sampled_from(ZONES), st.randoms(use_true_random=False))
def test_it_does_not_matter_where_one_begins_to_look(expression, name, chance):
    around = chance.choice(changes(name) or [datetime(2026, 3, 29, tzinfo=UTC)])
    begin, end = around - timedelta(days=3), around + timedelta(days=3)
    timetable = Timetable(cron=expression, timezone=name)
    known = list(takewhile(lambda at: at < end, fires(timetable, begin, anchor=begin)))

    for _ in range(10):
        after = around + timedelta(seconds=chance.randint(-100_000, 100_000))
        looked = fires(timetable, after, anchor=begin)
        assert list(takewhile(lambda at: at < end, looked)) == [at for at in known if at > after]


def local_fires(cron, zone, after, count):
    timetable = Timetable(cron=cron, timezone=zone)
    start = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone))
    found = islice(fires(timetable, start, anchor=start), count)
    return [at.astimezone(ZoneInfo(zone)).isoformat() for at in found]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00",
         ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00",
         ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]),
        ("0 * * * *", "Europe/Berlin", "2026-10-25T01:30",
         ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]),
        ("*/15 2 * * *", "Europe/Berlin", "2026-03-28T12:00",
         ["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"]),
        ("10 30 2 * * *", "Europe/Berlin", "2026-03-28T12:00",
         ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:10+02:00"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00",
         ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"]),
        ("0 12 30 12 *", "Pacific/Apia", "2011-12-29T12:00",
         ["2011-12-31T00:00:00+14:00", "2012-12-30T12:00:00+14:00"]),
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00", ["2028-02-29T00:00:00+00:00"]),
        ("0 9 LW * *", "America/New_York", "2026-01-01T00:00", ["2026-01-30T09:00:00-05:00"]),
    ],
)  # fmt: skip
def test_known_days_are_as_promised(cron, zone, after, expected):
    assert local_fires(cron, zone, after, len(expected)) == expected


@pytest.mark.parametrize(
    "cron",
    [
        "0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 */31 2 MON#5", "*/0 * * * *",
        "0-9999999999 * * * *", "* * * *", "* * * * * * *", "60 * * * *", "a b c d e", "-1 * * * *",
        "5-1 * * * *", "* * * * MON#6", "* * * * #", "L/2-LW * * * *", "* * L-3/0 * *",
        "\x00 * * * *", "٣ * * * *", "* " * 60, "@daily", ",,,,, * * * *", "* * 2#L * L#",
    ],
)  # fmt: skip
def test_what_never_comes_or_cannot_be_read_is_refused(cron):
    with pytest.raises(Invalid) as refused:
        check(Timetable(cron=cron))

    assert refused.value.faults[0].pointer == "/cron"


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789*/-,#LW MONJAN?@\x00٣", max_size=40))
def test_no_text_does_worse_than_be_refused(cron):
    timetable = Timetable(cron=cron)
    try:
        check(timetable)
    except Invalid:
        return
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert next(iter(fires(timetable, start, anchor=start))) > start
    assert explain(timetable)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "europe/berlin", "\x00"])
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(Invalid) as refused:
        check(Timetable(cron="0 0 * * *", timezone=zone))

    assert refused.value.faults[0].pointer == "/timezone"


@pytest.mark.parametrize("given", [{}, {"cron": "* * * * *", "interval_seconds": 5.0}])
def test_it_is_either_a_cron_expression_or_an_interval(given):
    with pytest.raises(Invalid):
        check(Timetable(**given))


def test_an_interval_is_counted_from_its_anchor_however_late_one_looks():
    anchor = datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC)
    timetable = Timetable(interval_seconds=90)

    found = islice(fires(timetable, anchor + timedelta(days=10_000), anchor=anchor), 2)

    assert [(at - anchor).total_seconds() % 90 for at in found] == [0, 0]
    early = next(iter(fires(timetable, anchor - timedelta(days=1), anchor=anchor)))
    assert early == anchor


def test_days_on_which_clocks_change_are_marked():
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)

    timetable = Timetable(cron="30 2 * * *", timezone="Europe/Berlin")

    found = local(timetable, islice(fires(timetable, start, anchor=start), 3))

    assert [fire.clock_change_minutes for fire in found] == [60, 0, 0]
    assert found[0].local.isoformat() == "2026-03-29T03:00:00+02:00"
    assert found[0].at == datetime(2026, 3, 29, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cron": "30 2 * * MON"}, "At 02:30 on Monday"),
        ({"interval_seconds": 90.0}, "Every 90 seconds"),
        ({"interval_seconds": 3_600.0}, "Every hour"),
        ({"interval_seconds": 2.5}, "Every 2.5 seconds"),
    ],
)
def test_it_is_told_in_plain_words(given, words):
    assert explain(Timetable(**given)) == words
