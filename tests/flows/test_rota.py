"""What schedulers do is what is told of it."""

from taskforge.core.duties import DUTIES
from taskforge.flows.deps import open_deps
from taskforge.flows.duties import Ledger
from taskforge.flows.rota import duties_of
from taskforge.flows.survey import Survey
from taskforge.flows.webhooks import Courier
from taskforge.handlers.registry import load


async def test_every_duty_of_the_scheduler_is_explained(settings):
    async with open_deps(settings, load()) as deps:
        courier = Courier(deps)
        duties = duties_of(deps, courier, Ledger(), Survey(deps))
        names = [duty.name for duty in duties]
        await courier.close()

    assert sorted(names) == sorted(DUTIES)
