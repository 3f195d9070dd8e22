"""T-55: whatever is done to jobs in whatever order, the database agrees with a small model.

Workers are no processes here but grips: a grip is what a worker believes to hold, and it is kept
for good. So every ending, heartbeat and report may be a late one: of a worker that was frozen,
whose lease ran out, or that took the same job again since.
"""

import asyncio
from typing import Any

import pytest
import uvloop
from hypothesis import HealthCheck, Phase, note
from hypothesis import settings as profile
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from hypothesis.strategies import data, sampled_from

from support.world import CLOCK, CREW, PEOPLE, World
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load


class Lifecycle(RuleBasedStateMachine):
    """Few rules with many actions: of many rules, a life would only see some."""

    site: Any

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self.entered = open_deps(self.site, load(["jobs.plain"]), by_key=True)
        run: Any = self.runner.run
        self.world = World(run(self.entered.__aenter__()), run)

    def teardown(self) -> None:
        self.runner.run(self.entered.__aexit__(None, None, None))
        self.runner.close()

    @rule(data=data())
    def a_person_acts(self, data):
        self.act(data, PEOPLE)

    @rule(data=data())
    def a_worker_acts(self, data):
        self.act(data, CREW)

    @rule(data=data())
    def time_passes(self, data):
        self.act(data, CLOCK)

    def act(self, data, actions) -> None:
        action = data.draw(sampled_from(actions))
        note(action.__name__)
        action(self.world, data.draw)

    @invariant()
    def the_database_agrees_with_the_model(self):
        self.world.check()


def check(site, **chosen) -> None:
    machine = type("Lifecycle", (Lifecycle,), {"site": site})
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine, settings=profile(deadline=None, suppress_health_check=slow, **chosen)
    )


def test_whatever_happens_to_jobs_the_database_agrees_with_the_model(settings):
    # Without shrinking: a failure should come soon, and `just chaos` finds its shortest form.
    check(
        settings,
        max_examples=15,
        stateful_step_count=60,
        derandomize=True,
        phases=[Phase.generate],
    )


@pytest.mark.chaos
def test_the_model_holds_over_many_lives(settings):
    check(settings, max_examples=400, stateful_step_count=100)
