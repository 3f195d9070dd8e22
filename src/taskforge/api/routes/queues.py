"""Queues."""

from litestar import Router, get
from litestar.di import NamedDependency

from taskforge.api.auth import needs
from taskforge.api.schemas import QueuePage
from taskforge.core.people import Permission
from taskforge.db.fleet import list_queues
from taskforge.flows.deps import Deps


@get("/queues", operation_id="listQueues", summary="List queues",
     guards=[needs(Permission.READ)])  # fmt: skip
async def list_(deps: NamedDependency[Deps]) -> QueuePage:
    """The four of them, the most urgent first, with exact depths."""
    async with deps.db.connect() as connection:
        return QueuePage(items=await list_queues(connection))


router = Router("/", route_handlers=[list_], tags=["queues"])
