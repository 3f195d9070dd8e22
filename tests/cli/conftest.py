"""Running commands as a user would."""

import pytest
from typer.testing import CliRunner

from taskforge.cli.main import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder, with the environment given and nothing else."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()

    def run(*words, **environment):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("os.environ", {"COLUMNS": "200", **environment})
            return runner.invoke(app, list(words))

    return run
