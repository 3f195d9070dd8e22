"""Why a job waits."""

from uuid import UUID

from litestar import Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from taskforge.api.auth import needs
from taskforge.core.people import Permission
from taskforge.core.why import Why
from taskforge.flows.deps import Deps
from taskforge.flows.why import Explainer


def provide_explainer(state: State, deps: NamedDependency[Deps]) -> Explainer:
    """The process's `Explainer`, for handlers that name a parameter `explainer`."""
    if "explainer" not in state:
        state["explainer"] = Explainer(deps)
    return state["explainer"]


@get("/jobs/{job_id:uuid}/why", operation_id="explainJob", summary="Tell why a job waits",
     guards=[needs(Permission.READ)])  # fmt: skip
async def why(job_id: FromPath[UUID], explainer: NamedDependency[Explainer]) -> Why:
    """All that keeps it from starting, by the very conditions that workers claim jobs by.

    The estimate is made from the jobs ahead, the slots and limits that they share, and the starts
    and run times of the last minutes, which may be 5 seconds old. It knows nothing of workers,
    limits and more urgent jobs that are yet to come, beyond the rate at which those came lately.
    """
    return await explainer.why(job_id)


router = Router(
    "/",
    route_handlers=[why],
    dependencies={"explainer": Provide(provide_explainer, sync_to_thread=False)},
    tags=["jobs"],
)
