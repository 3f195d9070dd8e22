"""The rota: what schedulers do, and how often, in one table.

Whoever runs it tends the whole installation. Several may, at once: see `scheduler/main.py` and
`worker/standin.py`.
"""

import secrets
from itertools import cycle

from taskforge.core.duties import REPORT_SECONDS
from taskforge.core.watch import Watch
from taskforge.flows import failures, fire, operating, queues, sweep, tend
from taskforge.flows.deps import Deps
from taskforge.flows.duties import Ledger
from taskforge.flows.every import Duty, every
from taskforge.flows.survey import SURVEY_SECONDS, Survey
from taskforge.flows.webhooks import COLLECT_SECONDS, Courier
from taskforge.outside.orphans import SHARDS

REPORT = "report"
"""The duty that tells of the others."""


def duties_of(deps: Deps, courier: Courier, ledger: Ledger, survey: Survey) -> list[Duty]:
    """The duties; `core/duties.py` has the words for each."""
    lease = deps.settings.lease_seconds
    watch = Watch(lease)
    # Several schedulers begin at several places, so that a part is not left out for long.
    begin = secrets.randbelow(SHARDS)
    shards = cycle([*range(begin, SHARDS), *range(begin)])
    return [
        every(0.25, "promote", lambda: tend.promote(deps), full=tend.PROMOTE_BATCH),
        every(fire.PERIOD_SECONDS, "fire", lambda: fire.fire(deps), full=fire.BATCH),
        every(0.5, "release", lambda: fire.release(deps), full=fire.BATCH),
        every(lease / 6, "rescue", lambda: tend.rescue(deps, watch), full=tend.RESCUE_BATCH),
        every(min(lease / 6, 5.0), "rehint", lambda: tend.rehint(deps)),
        every(lease / 3, "fleet", lambda: tend.fleet(deps)),
        every(COLLECT_SECONDS, "webhooks", courier.collect, full=1),
        every(0.5, "operate", lambda: operating.operate(deps), full=1),
        every(1.0, "resume", lambda: queues.resume_due(deps)),
        every(1.0, "count", lambda: tend.count(deps), full=tend.COUNT_BATCH),
        every(1.0, "gather", lambda: failures.gather(deps), full=failures.GATHER_BATCH),
        every(1.0, "sketch", lambda: tend.sketch(deps), full=1),
        every(60.0, "prune", lambda: tend.prune(deps), full=tend.PRUNE_BATCH),
        every(60.0, "expire", lambda: sweep.expire(deps), full=sweep.EXPIRE_BATCH),
        every(60.0, "sweep", lambda: sweep.sweep(deps, next(shards))),
        every(SURVEY_SECONDS, "survey", survey.look),
        every(REPORT_SECONDS, REPORT, lambda: ledger.tell(deps)),
    ]
