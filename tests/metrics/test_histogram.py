"""Batches of observations count as one after the other would."""

import threading

import prometheus_client
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from taskforge.metrics.histogram import Histogram

BOUNDS = (0.125, 0.5, 1.0, 60.0)
AMOUNTS = st.sampled_from(BOUNDS) | st.integers(0, 100_000).map(lambda it: it / 1_024)
"""Of which sums are exact in any order."""
THREADS, ROUNDS = 4, 500


def told(registry):
    return {
        (it.name, *it.labels.items()): it.value
        for family in registry.collect()
        for it in family.samples
    }


@given(st.lists(AMOUNTS))
def test_a_batch_counts_as_its_observations_one_by_one(amounts):
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    one_by_one = prometheus_client.Histogram("h", "h", buckets=BOUNDS, registry=theirs)

    Histogram("h", "h", buckets=BOUNDS, registry=ours).observe_all(amounts)
    for amount in amounts:
        one_by_one.observe(amount)

    assert told(ours) == told(theirs)


def test_a_series_of_a_labelled_one_takes_batches_too():
    registry = CollectorRegistry()
    series = Histogram("h", "h", ["queue"], buckets=BOUNDS, registry=registry).labels("high")

    series.observe_all([0.2, 0.3])
    series.observe(70)

    found = told(registry)
    assert found["h_bucket", ("queue", "high"), ("le", "0.5")] == 2
    assert found["h_bucket", ("queue", "high"), ("le", "60.0")] == 2
    assert (found["h_count", ("queue", "high")], found["h_sum", ("queue", "high")]) == (3, 70.5)


def test_threads_that_count_at_the_same_time_lose_nothing():
    registry = CollectorRegistry()
    histogram = Histogram("h", "h", buckets=BOUNDS, registry=registry)
    start = threading.Barrier(THREADS)

    def count():
        start.wait()
        for _ in range(ROUNDS):
            histogram.observe_all([0.25, 2.0])

    threads = [threading.Thread(target=count) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = told(registry)
    total = THREADS * ROUNDS
    assert found["h_bucket", ("le", "0.5")] == total
    assert (found["h_count",], found["h_sum",]) == (2 * total, 2.25 * total)
