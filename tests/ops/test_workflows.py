"""The workflows in .github: what an attacker finds in them, and whether they do what people do."""

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
FILES = sorted(GITHUB.rglob("*.yml"))
PINNED = re.compile(r"[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
OURS = "$/.github/actions/"
"""Of the commit that runs, wherever it is checked out to."""


def test_an_attacker_finds_nothing():
    zizmor = Path(sysconfig.get_path("scripts")) / "zizmor"
    done = subprocess.run(  # noqa: S603 - a tool of the locked environment
        [zizmor, "--offline", "--persona", "pedantic", "--no-progress", GITHUB],
        check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name + "/" + file.name)
def test_an_action_is_one_commit_and_says_which_release_that_is(file):
    used = re.findall(r"uses: (.+)", file.read_text())

    assert used
    assert [it for it in used if not it.startswith(OURS) and not PINNED.fullmatch(it)] == []


def test_the_jobs_run_recipes_one_after_the_other():
    justfile = (ROOT / "justfile").read_text()
    recipes = set(re.findall(r"^([a-z][a-z0-9-]*)[^:=\n]*:(?!=)", justfile, re.MULTILINE))
    asking = set(re.findall(r"^\[confirm.*\]\n(?:\[.*\n)*([a-z-]+)", justfile, re.MULTILINE))
    jobs = yaml.safe_load((GITHUB / "workflows" / "ci.yml").read_text())["jobs"]
    ran = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]

    said = [line.removeprefix("just ") for line in ran]
    assert {it.removeprefix("--yes ") for it in said} <= recipes
    assert asking.isdisjoint(said)  # nobody is there to answer
    assert [(name, job.get("needs")) for name, job in jobs.items()] == [
        ("check", None), ("test", "check"), ("e2e", "test"), ("image", "e2e"),
    ]  # fmt: skip


def test_the_suite_runs_on_every_python_that_is_promised():
    jobs = yaml.safe_load((GITHUB / "workflows" / "ci.yml").read_text())["jobs"]
    oldest = re.search(r'requires-python = ">=(.+)"', (ROOT / "pyproject.toml").read_text())
    assert oldest

    assert jobs["test"]["strategy"]["matrix"]["python"] == [oldest[1], "3.12", "3.13"]
