"""What the README shows is true."""

import re
from pathlib import Path

import pytest

from taskforge.cli.main import Commands
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


def test_every_command_of_the_readme_exists():
    named = set(re.findall(r"(?:^|`)taskforge ([a-z-]+)", README, re.MULTILINE))

    assert named - set(Commands.entries) == set()
