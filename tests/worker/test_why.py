"""Why a job waits stays true when what runs jobs dies."""

import signal

from support.waiting import eventually
from taskforge.core.why import BlockerKind
from taskforge.flows.why import Explainer


async def test_a_killed_worker_is_missed_once_its_lease_is_over(arena):
    explainer = Explainer(arena.deps)
    unit = await arena.start("worker")
    held = await arena.submit("pause", {"seconds": 60.0})
    await arena.until(held, "running")
    arena.supervisor.forget(unit)
    unit.send(signal.SIGKILL)
    await unit.ended()
    waiting = await arena.submit("noop")

    async def missed():  # there is no scheduler, which would say so in the roster too
        told, runs = await explainer.why(waiting), await explainer.why(held)
        assert runs.worker_id is not None
        unserved = [it.kind for it in told.blockers] == [BlockerKind.NO_WORKER]
        return unserved and "fallen silent" in runs.message

    await eventually(missed, within=15)
    await arena.start("worker")
    await arena.until(waiting, "success")
    assert (await explainer.why(waiting)).message.startswith("It does not wait: it ended")
