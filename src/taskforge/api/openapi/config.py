"""What Litestar needs to describe the API: its name, its guide, its tags, its credentials."""

from importlib.resources import files

from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, License, Reference, SecurityScheme, Server, Tag

from taskforge import __version__

_TAGS = [
    Tag("auth", "Accounts, sessions and API keys."),
    Tag("jobs", "Submit jobs, look at them, act on them, count them."),
    Tag("operations", "Do something to many jobs at once, and follow it."),
    Tag("job-types", "What jobs can do, and what they need for it."),
    Tag("uploads", "Give files for jobs to read."),
    Tag("live", "Events as they happen."),
    Tag("failures", "Failures that are alike, as one thing to look at and to act on."),
    Tag("queues", "What waits where."),
    Tag("workers", "Who runs jobs."),
    Tag("schedules", "Jobs that come again and again, and what the system does by itself."),
    Tag("webhooks", "Calls at the end of a job: the log, sending again, the signing secret."),
    Tag("mailbox", "Mail that went to the sink instead of a server."),
    Tag("admin", "All accounts, and who did what."),
    Tag("system", "What is switched on, and how the installation fares."),
    Tag("health", "For orchestrators."),
]
_SCHEMES: dict[str, SecurityScheme | Reference] = {
    "bearer": SecurityScheme(
        type="http",
        scheme="bearer",
        bearer_format="JWT",
        description="The access token of `POST /api/v1/auth/login`, good for 15 minutes.",
    ),
    "apiKey": SecurityScheme(
        type="apiKey",
        name="X-API-Key",
        security_scheme_in="header",
        description="A key of `POST /api/v1/auth/api-keys`; it does what its scope allows, and"
        " never what is for a person alone.",
    ),
    "ticket": SecurityScheme(
        type="apiKey",
        name="ticket",
        security_scheme_in="query",
        description="Of `POST /api/v1/ws-ticket`, good once: browsers send no headers with the"
        " socket and with event streams.",
    ),
    "session": SecurityScheme(
        type="apiKey",
        name="__Secure-taskforge-refresh",
        security_scheme_in="cookie",
        description="The refresh token of a browser session; for `refreshTokens` alone."
        " Outside production the name has no prefix.",
    ),
}


def openapi_config() -> OpenAPIConfig:
    """What Litestar needs to describe the API."""
    guide = files("taskforge.api.openapi").joinpath("guide.md").read_text(encoding="utf-8")
    return OpenAPIConfig(
        title="TaskForge",
        version=__version__,
        summary="Distributed job processing with a live view.",
        description=guide,
        license=License(name="MIT", identifier="MIT"),
        servers=[Server(url="/", description="This installation.")],
        tags=_TAGS,
        use_handler_docstrings=True,
        security=[{"bearer": []}, {"apiKey": []}],
        components=Components(security_schemes=_SCHEMES),
    )
