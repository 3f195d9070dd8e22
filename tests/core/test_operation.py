"""What a bulk operation can do to a job, and who may ask for it."""

from itertools import product

import pytest

from taskforge.core.operation import (
    SOURCES,
    OperationAction,
    Outcome,
    Reason,
    Standing,
    obstacle,
    permission_for,
)
from taskforge.core.people import Permission
from taskforge.core.priority import Priority
from taskforge.core.states import FINAL, JobStatus

A = OperationAction


@pytest.mark.parametrize(("action", "status"), list(product(A, JobStatus)))
def test_an_action_is_for_its_sources_and_says_why_not_for_others(action, status):
    found = obstacle(action, Standing(status, False, Priority.LOW), priority=Priority.HIGH)

    assert (found is None) == (status in SOURCES[action])
    assert found is None or found.outcome is Outcome.SKIPPED


def test_what_is_done_already_is_told_apart():
    asked = Standing(JobStatus.RUNNING, True, Priority.LOW)
    waiting = Standing(JobStatus.QUEUED, False, Priority.LOW)

    assert obstacle(A.CANCEL, asked) is Reason.STOP_ASKED
    assert obstacle(A.REPRIORITISE, waiting, priority=Priority.LOW) is Reason.SAME_PRIORITY
    succeeded = Standing(JobStatus.SUCCESS, False, Priority.LOW)
    assert obstacle(A.RETRY, succeeded) is Reason.SUCCEEDED
    for status in FINAL:
        assert obstacle(A.CANCEL, Standing(status, True, Priority.LOW)) is Reason.ENDED


@pytest.mark.parametrize(("action", "by_filter", "narrows"), list(product(A, *[(False, True)] * 2)))
def test_purging_and_replaying_everything_need_control(action, by_filter, narrows):
    purge = action is A.DELETE and by_filter
    replay = action is A.RETRY and by_filter and not narrows

    found = permission_for(action, by_filter=by_filter, narrows=narrows)

    assert found is (Permission.CONTROL if purge or replay else Permission.ACT)
