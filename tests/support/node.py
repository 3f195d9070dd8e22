"""Node, and the web tools that `web/package-lock.json` names."""

from taskforge.local import dashboard
from taskforge.local.node import find_node

WEB = dashboard.WEB
NODE = find_node().node
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
TOOLS = {
    "openapi-ts": "@hey-api/openapi-ts/bin/run.js",
    "openapi-typescript": "openapi-typescript/bin/cli.js",
    "redocly": "@redocly/cli/bin/cli.js",
    "tsc": "typescript/bin/tsc",
}


def install() -> None:
    """Install what the lock names into `web/node_modules`, once for each state of the lock."""
    dashboard.install(WEB)


def tool(name: str) -> list[str]:
    """The beginning of a tool's command line."""
    return [NODE, str(WEB / "node_modules" / TOOLS[name])]
