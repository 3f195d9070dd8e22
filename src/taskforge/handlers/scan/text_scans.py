"""Scan types `secrets`, `code` and `dependencies`: a text or an upload, read in the sandbox."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from taskforge.core.plain import plain_text
from taskforge.core.sandbox import SandboxLimits
from taskforge.handlers.scan.files import Source
from taskforge.handlers.scan.finding import Check, Outcome
from taskforge.handlers.scan.osv import URL, Version, look_up
from taskforge.handlers.scan.payload import MAX_TARGET, ScanType
from taskforge.handlers.scan.scene import Once, Scene

ROOM = "taskforge.handlers.scan"
NAMES = {
    ScanType.SECRETS: "text.txt",
    ScanType.CODE: "source.py",
    ScanType.DEPENDENCIES: "dependencies",
}
"""What an inline text is called when `options.path` does not say."""
REDUCED = (
    f"Reduced: versions were judged by a bundled list and not looked up for known vulnerabilities,"
    f" since {URL} is not set."
)


def secret_checks(scene: Scene) -> list[Check]:
    """The steps of a `secrets` scan."""
    return [Check("secrets", _working(scene, ScanType.SECRETS, "secrets_work:find_secrets"))]


def code_checks(scene: Scene) -> list[Check]:
    """The steps of a `code` scan."""
    return [Check("code", _working(scene, ScanType.CODE, "code_work:find_flaws"))]


def dependency_checks(scene: Scene) -> list[Check]:
    """The steps of a `dependencies` scan."""
    work = f"{ROOM}.packages_work:find_risks"
    read = Once(lambda: _in_child(scene, ScanType.DEPENDENCIES, work))

    async def judge() -> Outcome:
        outcome = msgspec.convert((await read())[0], Outcome)
        warnings = list(outcome.warnings)
        return outcome._replace(warnings=warnings if configured else [*warnings, REDUCED])

    async def known() -> Outcome:
        return await look_up(scene, msgspec.convert((await read())[1], list[Version]))

    configured = scene.ctx.setting(URL)
    lookups = [Check("known vulnerabilities", known)] if configured else []
    return [Check("dependencies", judge), *lookups]


def _working(scene: Scene, kind: ScanType, work: str) -> Callable[[], Awaitable[Outcome]]:
    async def run() -> Outcome:
        return msgspec.convert(await _in_child(scene, kind, f"{ROOM}.{work}"), Outcome)

    return run


async def _in_child(scene: Scene, kind: ScanType, work: str) -> Any:
    seconds = scene.options.timeout_s
    limits = SandboxLimits(memory_mb=512, seconds=seconds, cpu_seconds=seconds, file_mb=64)
    source = await _source(scene, kind)
    return await scene.ctx.sandbox(work, source, scene.identity, limits=limits)


async def _source(scene: Scene, kind: ScanType) -> Source:
    target, path = scene.target, scene.options.path
    if target.upload is None:
        return Source(name=path or NAMES[kind], text=plain_text(target.text, MAX_TARGET))
    stored = await scene.ctx.open_upload(target.upload)
    return Source(name=stored.name, path=str(stored.path), only=path)
