"""The installation: what everyone may know of it, and for admins how it fares."""

from typing import Any

from litestar import Request, Router, get
from litestar.datastructures import State

from taskforge.api.auth import DepsHere, anyone, needs
from taskforge.api.routes.live import LIVE_STATE, LiveRoom
from taskforge.core.people import Permission
from taskforge.flows import system as flow
from taskforge.flows.system import Installation, SystemView

EFFECTIVE_STATE = "effective"
"""Where the application keeps its settings as people may see them, of when it started."""


@get("/installation", operation_id="getInstallation", summary="Show what is switched on",
     guards=[anyone])  # fmt: skip
async def installation(deps: DepsHere) -> Installation:
    """For pages that nobody has signed in to yet."""
    return flow.installation(deps.settings)


@get("/system", operation_id="getSystem", summary="Show how the installation fares",
     guards=[needs(Permission.SYSTEM)])  # fmt: skip
async def system(request: Request[Any, Any, State], deps: DepsHere) -> SystemView:
    """Versions, servers, schedulers, settings in effect; what is away is null, within 2 seconds."""
    room: LiveRoom = request.app.state[LIVE_STATE]
    return await flow.look(
        deps,
        request.app.state[EFFECTIVE_STATE],
        reader=room.hub.position if room.hub.is_reading else None,
        live_connections=len(room.hub),
    )


router = Router("/", route_handlers=[installation, system], tags=["system"])
