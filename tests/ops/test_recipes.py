"""The recipes of the justfile, which people find by listing them."""

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "justfile").read_text()
RECIPE = re.compile(
    r"((?:^[#\[].*\n)*)^(?!set )([a-z][a-z0-9-]*)(?: \*?[A-Z]+)*:(?!=).*$", re.MULTILINE
)
RECIPES = {name: head for head, name in RECIPE.findall(TEXT) if "[private]" not in head}
PROMISED = {
    "setup", "up", "down", "test", "check", "lock", "fmt", "web", "migrate", "migrate-create",
    "seed", "logs", "logs-api", "logs-worker", "shell-api", "shell-db", "shell-redis", "types",
    "bench", "chaos", "e2e", "stack", "stack-down", "scale", "clean",
}  # fmt: skip


def test_those_that_are_promised_are_there():
    assert RECIPES.keys() >= PROMISED


@pytest.mark.parametrize("name", RECIPES)
def test_each_has_one_line_that_tells_what_it_does_and_a_group(name):
    lines = RECIPES[name].splitlines()

    assert len([line for line in lines if line.startswith("# ")]) == 1
    assert len([line for line in lines if line.startswith("[group(")]) == 1
