"""The HTTP application: routes, and what is common to all of them."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.types import ASGIApp, ControllerRouterHandler

from taskforge.api.asked import learn_queries, look
from taskforge.api.auth import check_routes
from taskforge.api.body import StrictBody
from taskforge.api.dashboard import Dashboard, read_built
from taskforge.api.envelope import App, Envelope
from taskforge.api.errors import to_response
from taskforge.api.figures import Figures
from taskforge.api.leftover import Leftover
from taskforge.api.methods import methods_at
from taskforge.api.openapi.config import openapi_config
from taskforge.api.routes import (
    admin,
    artifacts,
    auth,
    bulk,
    failures,
    health,
    job_types,
    jobs,
    keys,
    live,
    mailbox,
    operations,
    queues,
    schedules,
    stats,
    system,
    uploads,
    webhooks,
    why,
    workers,
)
from taskforge.api.routes.docs import DocsPage, Schema, docs_router, openapi_json
from taskforge.api.routes.root import root
from taskforge.api.traced import Traced
from taskforge.config import Settings
from taskforge.flows.deps import Deps, open_deps
from taskforge.flows.effective import effective
from taskforge.flows.health import Health
from taskforge.handlers.registry import load
from taskforge.metrics.exposition import scraped
from taskforge.metrics.process import introduce
from taskforge.tracing.spans import tracing

STATEMENT_SECONDS = 5.0
"""`statement_timeout` of this role (R-82)."""
MAX_BODY = 1_048_576
"""Bytes of a request body (R-50); auth routes take less, uploads more."""

V1: Sequence[ControllerRouterHandler] = (
    auth.router,
    keys.router,
    jobs.router,
    why.router,
    bulk.router,
    artifacts.router,
    uploads.router,
    stats.router,
    job_types.router,
    queues.router,
    operations.router,
    failures.router,
    workers.router,
    schedules.router,
    mailbox.router,
    webhooks.router,
    admin.router,
    system.router,
    live.router,
)
"""Everything below `/api/v1`."""
TOP: Sequence[ControllerRouterHandler] = (
    root,
    health.router,
    openapi_json,
    live.live_socket,
)
"""Everything else."""


def create_app(
    settings: Settings,
    *,
    extra: Sequence[ControllerRouterHandler] = (),
    dashboard: Path | None = None,
) -> Litestar:
    """The application; it opens its connections when its lifespan begins.

    Args:
        settings: of this process.
        extra: more routes below `/api/v1`.
        dashboard: where a built one is; without it, `/` is a plain page.

    Raises:
        OSError: the dashboard cannot be read.
        RuntimeError: a route is neither public nor guarded.
    """

    def provide_figures() -> Figures:
        return app.state["figures"]

    def provide_deps() -> Deps:  # without parameters: Litestar need not look at the request for it
        return app.state["deps"]

    config = openapi_config()
    config.openapi_router = docs_router()
    config.render_plugins = [DocsPage(), Schema()]
    app = Litestar(
        route_handlers=[Router("/api/v1", route_handlers=[*V1, *extra], before_request=look), *TOP],
        lifespan=[_lifespan(settings)],
        dependencies={
            "deps": Provide(provide_deps, sync_to_thread=False),
            "figures": Provide(provide_figures, sync_to_thread=False),
        },
        dto=StrictBody,
        return_dto=None,
        exception_handlers={Exception: to_response},
        request_max_body_size=MAX_BODY,
        openapi_config=config,
        logging_config=None,
        debug=False,  # or LITESTAR_DEBUG in the environment would decide
        pdb_on_exception=False,
    )
    app.state[system.EFFECTIVE_STATE] = effective(settings)
    check_routes(app)
    learn_queries(app)
    served: App = Leftover(cast("Any", app.asgi_handler))
    if dashboard is not None:
        served = Dashboard(served, read_built(dashboard))
    envelope = Envelope(served, settings, partial(methods_at, app))
    app.asgi_handler = cast("ASGIApp", Traced(envelope) if tracing() else envelope)
    return app


def _lifespan(settings: Settings) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None]:
        registry = load(settings.job_modules())
        async with open_deps(settings, registry, statement_seconds=STATEMENT_SECONDS) as deps:
            app.state["deps"] = deps
            figures = app.state["figures"] = Figures(deps)
            state = app.state[health.HEALTH_STATE] = Health(deps)
            app.state[health.METRICS_STATE] = scraped(aside=True)
            introduce("api")
            async with live.open_room(deps, figures) as room, state.watched():
                app.state[live.LIVE_STATE] = room
                yield

    return lifespan
