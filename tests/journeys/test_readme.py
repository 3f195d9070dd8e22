"""What the README shows is true."""

import re
from pathlib import Path

import pytest

from taskforge.handlers.base import Context, JobType
from taskforge.handlers.registry import load

README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.fixture
def example(tmp_path, monkeypatch):
    """The README's job type, as a module that can be imported."""
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code is not None
    (tmp_path / "readme_example.py").write_text(code[1])
    monkeypatch.syspath_prepend(tmp_path)
    return "readme_example"


def test_the_job_type_of_the_readme_is_one(example):
    registry = load([example])

    payload, _ = registry.check_payload("shout", {"text": "hello"})

    assert payload == {"text": "hello", "times": 1}


def test_the_package_of_the_readme_is_the_one_that_is_tested():
    plugin = Path(__file__).parent / "plugin"
    (entry_point,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)

    assert entry_point in (plugin / "pyproject.toml").read_text()


def test_the_readme_names_every_option_of_a_job_type():
    table = README.split("The decorator also takes:")[1].split("And `ctx` gives")[0]
    named = set(re.findall(r"`(\w+)`", table))

    needed = set(JobType.__struct_fields__) - {"name", "payload", "run", "title"}
    assert needed <= named


def test_the_readme_names_every_power_of_a_handler():
    powers = {name for name in vars(Context) if not name.startswith("_")}
    quiet = {"checkpoints", "open_artifact", "result_of", "workdir"}

    missing = {name for name in powers - quiet if f"`{name}`" not in README}
    assert missing == set()
