import pytest

from taskforge.core import watch


@pytest.fixture
def clock(monkeypatch):
    moments = [100.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: moments[-1])
    return moments


def test_a_whole_lease_of_presence_is_needed(clock):
    it = watch.Watch(3.0)
    seen = []

    for clock[0] in (100.0, 101.0, 102.0, 103.0):
        it.reached()
        seen.append(it.is_long_enough)

    assert seen == [False, False, False, True]


def test_a_gap_begins_the_presence_anew(clock):
    it = watch.Watch(3.0)
    for clock[0] in (100.0, 101.0, 102.0, 103.0, 105.0):
        it.reached()

    assert not it.is_long_enough


def test_a_missed_tick_begins_the_presence_anew(clock):
    it = watch.Watch(3.0)
    for clock[0] in (100.0, 101.0, 102.0, 103.0):
        it.reached()
    it.missed()

    assert not it.is_long_enough
    it.reached()
    assert not it.is_long_enough


def test_a_presence_that_nobody_renews_is_not_extended_by_itself(clock):
    it = watch.Watch(3.0)
    it.reached()
    clock[0] = 200.0

    assert not it.is_long_enough
