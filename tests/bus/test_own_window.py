"""The window that one process counts by itself: exact, and not to be flooded."""

import random
import time

import pytest

from taskforge.bus import own_window
from taskforge.bus.own_window import OwnWindow


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock as the window reads it: `clock[0]` is now."""
    now = [time.monotonic()]
    monkeypatch.setattr(own_window.time, "monotonic", lambda: now[0])
    return now


def test_in_no_window_does_more_pass_than_the_limit_and_nothing_less(clock: list[float]):
    window, limit, draw = OwnWindow(60), 20, random.Random(7)
    passed: list[float] = []
    for _ in range(2_000):
        clock[0] += draw.choice([0, 0, 0, 0.5, 1, 30])
        before = sum(at > clock[0] - 60 for at in passed)

        taken = window.take("ada", limit=limit, cost=1)

        assert taken.allowed == (before < limit)
        if taken.allowed:
            passed.append(clock[0])
            assert taken.remaining == limit - before - 1
    assert all(b - a >= 60 for a, b in zip(passed, passed[limit:], strict=False))


def test_the_told_wait_is_exact(clock: list[float]):
    window = OwnWindow(60)
    for _ in range(3):
        window.take("ada", limit=3, cost=1)
        clock[0] += 10

    refused = window.take("ada", limit=3, cost=2)

    assert refused == (False, 0, pytest.approx(40))
    clock[0] += refused.retry_after
    assert window.take("ada", limit=3, cost=2).allowed
    assert not window.take("ada", limit=3, cost=1).allowed


def test_asking_counts_nothing_and_a_cost_above_the_limit_never_passes():
    window = OwnWindow(60)

    assert all(window.take("ada", limit=1, cost=0).allowed for _ in range(5))
    assert window.take("ada", limit=1, cost=2) == (False, 1, pytest.approx(60, abs=1))
    assert window.take("ada", limit=1, cost=1).allowed
    assert not window.take("ada", limit=1, cost=0).allowed


def test_a_flood_of_names_makes_nobody_forgotten_and_takes_no_more_room(clock: list[float]):
    window, room = OwnWindow(60), own_window._MAX_NAMES
    assert [window.take("ada", limit=2, cost=1).allowed for _ in range(3)] == [True, True, False]

    for name in range(3 * room):
        window.take(f"flood {name}", limit=2, cost=1)

    assert not window.take("ada", limit=2, cost=1).allowed
    assert len(window._passed) <= room + own_window._SHARED
    clock[0] += 61
    assert window.take("ada", limit=2, cost=1).allowed
    assert len(window._passed) == 1


def test_names_for_which_there_is_no_room_share_what_there_is(clock: list[float]):
    window, room = OwnWindow(60), own_window._MAX_NAMES
    for name in range(room):
        window.take(f"first {name}", limit=5, cost=1)

    passed = sum(window.take(f"late {n}", limit=5, cost=1).allowed for n in range(4 * room))

    assert 0 < passed <= 5 * own_window._SHARED
