"""Worker units."""

from litestar import Router, get
from litestar.di import NamedDependency

from taskforge.api.auth import needs
from taskforge.api.schemas import WorkerPage
from taskforge.core.people import Permission
from taskforge.db.fleet import list_workers
from taskforge.flows.deps import Deps


@get("/workers", operation_id="listWorkers", summary="List workers",
     guards=[needs(Permission.READ)])  # fmt: skip
async def list_(deps: NamedDependency[Deps]) -> WorkerPage:
    """Those at work first, then the newest; with the jobs that each one runs."""
    async with deps.db.connect() as connection:
        workers = await list_workers(connection, lease_seconds=deps.settings.lease_seconds)
    return WorkerPage(items=workers)


router = Router("/", route_handlers=[list_], tags=["workers"])
