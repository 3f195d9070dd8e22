"""Completion, as the shells themselves ask for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
SAYS = {
    "bash": """
        source <(taskforge completion bash)
        COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _taskforge_completion taskforge
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """,
    "zsh": """
        autoload -Uz compinit && compinit -u -D
        source <(taskforge completion zsh)
        print -r -- ${{_comps[taskforge]}}
        _arguments() {{ print -rl -- "$@" }}
        words=({line}); CURRENT=${{#words}}
        _taskforge_completion
    """,
    "fish": """
        taskforge completion fish | source
        complete --do-complete '{line}'
    """,
}
"""What each shell is made to do to print what may follow."""


def ask(shell, line, home):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not here")
    quiet = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(  # noqa: S603 - shells, as PATH has them
        [program, *quiet, "-c", SAYS[shell].format(line=line)],
        env={"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("shell", SAYS)
def test_a_shell_completes_commands(shell, tmp_path):
    told = ask(shell, "taskforge job su", tmp_path)

    assert "submit" in told
    assert "retry" not in told


def test_names_of_a_closed_set_are_completed_too(tmp_path):
    assert ask("bash", "taskforge completion f", tmp_path).split() == ["fish"]


@pytest.mark.parametrize("shell", SAYS)
def test_each_shell_has_its_script(run, shell):
    result = run("completion", shell)

    assert result.exit_code == 0
    assert "_TASKFORGE_COMPLETE" in result.stdout


def test_another_shell_is_usage(run):
    assert run("completion", "tcsh").exit_code == 2
