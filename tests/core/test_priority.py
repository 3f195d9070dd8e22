import pytest

from taskforge.core.priority import BY_QUEUE, BY_RANK, QUEUES, Priority


@pytest.mark.parametrize(
    ("priority", "rank", "queue"),
    [
        (Priority.CRITICAL, 0, "critical"),
        (Priority.HIGH, 1, "high"),
        (Priority.NORMAL, 2, "default"),
        (Priority.LOW, 3, "low"),
    ],
)
def test_a_priority_has_its_rank_queue_and_actor(priority, rank, queue):
    assert (priority.rank, priority.queue, priority.actor) == (rank, queue, f"run_{queue}")
    assert BY_RANK[rank] is priority
    assert BY_QUEUE[queue] is priority


def test_queues_are_listed_with_the_most_urgent_first():
    assert QUEUES == ("critical", "high", "default", "low")
