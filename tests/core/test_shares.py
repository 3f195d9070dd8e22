"""Every class that waits gets its share of the starts, and strict priority is all else."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists, sets

from taskforge.core.priority import BY_RANK, Priority
from taskforge.core.shares import Shares

ALL = range(4)


def starts_of(shares, waiting, *, free, n):
    """Who starts in `n` claims of `free` jobs, while these classes wait without end."""
    found = Counter()
    for _ in range(n):
        owed = shares.owed(free)
        started = [it for it, k in owed.items() if it in waiting for _ in range(k)]
        started += [min(waiting, key=lambda it: it.rank)] * (free - len(started))
        shares.started(started, owed)
        found.update(started)
    return found


@pytest.mark.parametrize("free", [1, 3, 16, 64])
@pytest.mark.parametrize("percent", [2, 5, 20])
def test_each_lower_class_gets_its_share_under_a_flood(free, percent):
    found = starts_of(Shares(percent, ALL), set(Priority), free=free, n=20_000 // free)

    total = found.total()
    for priority in (Priority.HIGH, Priority.NORMAL, Priority.LOW):
        assert percent <= 100 * found[priority] / total <= 1.3 * percent


def test_the_lowest_of_two_gets_five_percent():
    found = starts_of(Shares(5, ALL), {Priority.HIGH, Priority.LOW}, free=8, n=1_000)

    assert 0.05 <= found[Priority.LOW] / found.total() <= 0.06


def test_nothing_is_owed_to_whoever_is_served_anyway():
    shares = Shares(5, ALL)

    found = starts_of(shares, {Priority.LOW}, free=16, n=100)

    assert found == {Priority.LOW: 1_600}
    assert shares.owed(16) == {}


def test_a_class_of_which_nothing_waits_is_seldom_looked_for():
    shares = Shares(5, ALL)
    asked = 0
    for _ in range(1_000):
        owed = shares.owed(1)
        asked += bool(owed)
        shares.started([Priority.CRITICAL], owed)

    assert asked <= 3 * 1_000 / 85 + 3


def test_a_share_of_nothing_is_strict_priority():
    found = starts_of(Shares(0, ALL), set(Priority), free=4, n=500)

    assert set(found) == {Priority.CRITICAL}


@given(
    ranks=sets(integers(0, 3), min_size=1),
    rounds=lists(lists(integers(0, 3), max_size=20), max_size=30),
    free=integers(0, 20),
)
def test_no_more_is_owed_than_may_start_and_only_to_classes_below_the_first(ranks, rounds, free):
    shares = Shares(5, ranks)
    for started in rounds:
        owed = shares.owed(free)
        assert sum(owed.values()) <= free
        assert set(owed) <= {BY_RANK[rank] for rank in sorted(ranks)[1:]}
        shares.started([BY_RANK[rank] for rank in started], owed)
