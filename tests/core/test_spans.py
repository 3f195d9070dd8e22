"""Histograms of durations."""

import random
from collections import Counter
from itertools import pairwise

import pytest

from taskforge.core.spans import (
    BOUNDS,
    BUCKETS,
    LONGEST,
    NO_TIME,
    SHORTEST,
    bucket_of,
    middle_of,
    quantile,
)


def test_buckets_cover_a_millisecond_to_a_week_without_a_gap():
    assert BOUNDS[0] == SHORTEST
    assert BOUNDS[-1] == LONGEST
    assert all(1 < after / before < 1.16 for before, after in pairwise(BOUNDS))


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [
        pytest.param(None, NO_TIME, id="no time"),
        pytest.param(-5.0, 0, id="a clock that went back"),
        pytest.param(0.0, 0, id="nothing"),
        pytest.param(SHORTEST, 1, id="the first bound belongs to the bucket above"),
        pytest.param(LONGEST, BUCKETS - 1, id="a week"),
        pytest.param(1e12, BUCKETS - 1, id="forever"),
    ],
)
def test_every_duration_has_a_bucket(seconds: float | None, bucket: int):
    assert bucket_of(seconds) == bucket


@pytest.mark.parametrize("bucket", range(1, BUCKETS - 1))
def test_the_middle_of_a_bucket_is_within_it(bucket: int):
    assert bucket_of(middle_of(bucket)) == bucket


@pytest.mark.parametrize("fraction", [0.5, 0.95, 0.99])
def test_a_quantile_is_within_8_percent_of_the_true_one(fraction: float):
    chance = random.Random(fraction)
    durations = sorted(chance.lognormvariate(0, 2) for _ in range(5_000))
    true = durations[int(fraction * len(durations)) - 1]

    found = quantile(Counter(map(bucket_of, durations)), fraction)

    assert found == pytest.approx(true, rel=0.08)


def test_nothing_counted_has_no_quantile():
    assert quantile({}, 0.5) is None
    assert quantile({NO_TIME: 7, 3: 0}, 0.5) is None
