"""Look a site, a name, a text or a list of dependencies over, and grade what is found."""

from typing import Any

from taskforge.handlers.base import Context, job_type
from taskforge.handlers.scan.payload import ScanPayload
from taskforge.handlers.scan.result import Result
from taskforge.handlers.scan.run import scan
from taskforge.handlers.scan.target import DEMO_HOST, DEMO_URL

SAMPLE_SETTINGS = """\
# settings of the demo shop; every value is made up
DEBUG = true
aws_access_key_id = AKIAQ3EGS2L7XJ5V4N6P
database_url = postgresql://shop:correct-horse-7@db.example/shop
password = "hunter2-hunter2"
"""
SAMPLE_CODE = """\
import hashlib
import pickle
import subprocess

def restore(path, command):
    subprocess.call(command, shell=True)
    with open(path, "rb") as file:
        state = pickle.load(file)
    return hashlib.md5(state["name"].encode()).hexdigest()
"""
SAMPLE_REQUIREMENTS = """\
django==3.2.4
reqeusts>=2
pyyaml
flask==3.1.2
tools @ git+https://git.example/team/tools.git@main
"""
EXAMPLES: list[dict[str, Any]] = [
    {"target": DEMO_URL, "scan_type": "headers"},
    {
        "target": SAMPLE_SETTINGS,
        "scan_type": "secrets",
        "options": {"path": "settings.ini", "fail_on": "high"},
    },
    {
        "target": SAMPLE_REQUIREMENTS,
        "scan_type": "dependencies",
        "options": {"path": "requirements.txt"},
    },
    {"target": SAMPLE_CODE, "scan_type": "code", "options": {"path": "restore.py"}},
    {"target": DEMO_HOST, "scan_type": "full"},
]


def summarise(ask: ScanPayload) -> str:
    """One line, such as `headers of broken.taskforge.test`."""
    label = ask.options.path if ask.parsed().text and ask.options.path else ask.parsed().label()
    return f"{ask.scan_type} of {label if len(label) <= 90 else f'{label[:89]}…'}"


@job_type(
    "security_scan",
    ScanPayload,
    title="Security scan",
    examples=EXAMPLES,
    viewer="findings",
    icon="shield-check",
    concurrency=8,
    result=Result,
    summarise=summarise,
)
async def security_scan(ask: ScanPayload, ctx: Context) -> Any:
    """Look over something of yours and grade it, with findings that say what to do.

    Sites (`headers`, `tls`, `dns`, `ports`), texts, archives and uploads (`secrets`, `code`,
    `dependencies`). `tls` and `ports` ask the host itself, so it has to be in SCAN_ALLOWED_TARGETS
    or proved to be yours. Nothing is attacked, guessed or executed.
    """
    return await scan(ask, ctx)
