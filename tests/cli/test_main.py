"""The table of commands."""

import subprocess
import sys

import pytest

from taskforge import __version__
from taskforge.cli.lazy import open_command
from taskforge.cli.main import Commands


def test_the_version_is_told(run):
    assert run("--version").stdout == f"taskforge {__version__}\n"


def test_help_lists_every_command_with_a_line(run):
    text = run("--help").stdout

    assert [name for name in Commands.entries if f" {name} " not in text] == []


@pytest.mark.parametrize("name", Commands.entries)
def test_each_command_opens(name):
    assert open_command(Commands.entries[name].place)


def test_a_mistyped_command_is_usage_and_answered_with_the_nearest(run):
    result = run("confg")

    assert result.exit_code == 2
    assert "Did you mean 'config'" in result.stderr


def test_the_list_of_commands_imports_none_of_them():
    code = """
import sys
from typer.testing import CliRunner
from taskforge.cli.main import app
assert CliRunner().invoke(app, ["--help"]).exit_code == 0
print(sorted(set(sys.modules) & {"sqlalchemy", "redis", "litestar", "dramatiq", "duckdb"}))
"""
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert done.stdout == "[]\n"


def test_an_unknown_queue_is_usage(run):
    result = run("worker", "--queues", "urgent")

    assert result.exit_code == 2
    assert "critical, high, default, low" in result.stderr
