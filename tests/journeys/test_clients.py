"""Clients that others' generators make of the committed description, against the real service."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import node
from support.processes import TESTS

CLIENTS = Path(__file__).parent / "clients"
DESCRIPTION = str(node.WEB / "openapi.json")
PATIENCE_SECONDS = 120


@pytest.fixture(scope="session")
def _web_tools():
    node.install()


@pytest.fixture
def python_client(tmp_path):
    """A folder with the generated package and the program that uses it."""
    home = tmp_path / "python"
    home.mkdir()
    shutil.copy(CLIENTS / "journey.py", home)
    generator = str(Path(sys.executable).parent / "openapi-python-client")
    options = ["--meta", "none", "--config", str(CLIENTS / "python.yaml"), "--fail-on-warning"]
    where = ["--path", DESCRIPTION, "--output-path", str(home / "taskforge_client")]
    said = execute([generator, "generate", *options, *where], home)
    assert "warning" not in said.lower(), said
    return home


@pytest.fixture
def typescript_client(tmp_path, _web_tools):
    """A folder with the generated modules and the program that uses them, compiled."""
    home = tmp_path / "typescript"
    home.mkdir()
    for name in ("journey.ts", "tsconfig.json"):
        shutil.copy(CLIENTS / name, home)
    (home / "package.json").write_text('{"type": "module"}')
    output = {"path": str(home / "client"), "module": {"extension": ".js"}}
    options = {"input": DESCRIPTION, "output": output, "plugins": ["@hey-api/client-fetch"]}
    (home / "options.mjs").write_text(f"export default {json.dumps(options)};")
    said = execute([*node.tool("openapi-ts"), "--file", "options.mjs"], home)
    kept = ["--default-non-nullable=false", "--output", "schema.ts"]
    said += execute([*node.tool("openapi-typescript"), DESCRIPTION, *kept], home)
    assert not re.search("warn|error|⚠", said, re.IGNORECASE), said
    execute([*node.tool("tsc"), "--project", "tsconfig.json"], home)
    return home


@pytest.fixture
def further_settings():
    """A job type that the clients were made without."""
    return {"TASKFORGE_JOB_MODULES": "jobs.plain", "PYTHONPATH": str(TESTS)}


async def test_generated_clients_submit_a_job_and_read_its_result(
    python_client, typescript_client, stack, credentials
):
    in_python = [sys.executable, "journey.py", stack.urls[0], *credentials]
    in_typescript = [node.NODE, "out/journey.js", stack.urls[0], *credentials]

    await asyncio.gather(
        asyncio.to_thread(execute, in_python, python_client),
        asyncio.to_thread(execute, in_typescript, typescript_client),
    )


@pytest.mark.usefixtures("_web_tools")
def test_a_linter_finds_nothing_in_the_description():
    said = execute([*node.tool("redocly"), "lint", "openapi.json"], node.WEB)

    assert "is valid" in said
    assert "warning" not in said


def test_the_lock_of_the_web_tools_has_hashes_and_no_addresses():
    lock = json.loads((node.WEB / "package-lock.json").read_text())
    packages = [it for place, it in lock["packages"].items() if place]

    assert all(it["version"] and it["integrity"] for it in packages)
    assert "://" not in json.dumps(lock)


def execute(line, folder):
    """Everything that a program said; it must end well."""
    done = subprocess.run(  # noqa: S603 - ours
        line,
        cwd=folder,
        env={"PATH": str(Path(sys.executable).parent), "HOME": str(folder), **node.QUIET},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
