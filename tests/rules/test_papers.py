"""What the papers name is there: files, commands, recipes, settings, alerts."""

import re
from pathlib import Path

import pytest

from support.papers import check_command, commands_in

ROOT = Path(__file__).parents[2]
PAPERS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "ops").rglob("*.md"))]
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text() for path in PAPERS}
README = TEXTS["README.md"]
JUSTFILE = (ROOT / "justfile").read_text()
COMMANDS = sorted({line for text in TEXTS.values() for line in commands_in(text)})
OF_OTHERS = {"NAME_FILE", "OTEL_EXPORTER_OTLP_ENDPOINT"}


@pytest.mark.parametrize("name", TEXTS)
def test_files_that_a_paper_links_to_are_there(name):
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)|(?:src|srcset)=\"([^\"]+)\"", TEXTS[name])
    files = {link or picture for link, picture in targets if "://" not in link}

    folder = (ROOT / name).parent
    assert [file for file in sorted(files) if not (folder / file).exists()] == []


def test_sections_that_the_readme_links_to_are_there():
    headings = re.findall(r"^## (.+)$", README, re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= anchors


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_of_the_papers_are_there(line):
    check_command(line)


@pytest.mark.parametrize("name", TEXTS)
def test_recipes_of_a_paper_are_there(name):
    recipes = set(re.findall(r"^([a-z][a-z-]*)[^:=\n]*:(?!=)", JUSTFILE, re.MULTILINE))

    named = set(re.findall(r"(?:`|^|&& )just ([a-z][a-z-]*)", TEXTS[name], re.MULTILINE))
    assert named <= recipes


@pytest.mark.parametrize("name", TEXTS)
def test_settings_of_a_paper_are_there(name, sources):
    places = [ROOT / ".env.example", ROOT / "compose.yaml", ROOT / "justfile"]
    text = "\n".join([path.read_text() for path in places] + list(sources.values()))

    known = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text)) | OF_OTHERS

    assert set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)[`=]", TEXTS[name])) <= known


def test_the_readme_counts_the_alerts():
    rules = (ROOT / "ops" / "prometheus" / "alerts.yml").read_text()
    alerts = set(re.findall(r"alert: (\w+)", rules))

    assert re.findall(r"(\d+) alerts", README) == [str(len(alerts))]


def test_both_pictures_of_the_architecture_show_the_same():
    shapes = {
        re.sub(r"<style>.*?</style>", "", path.read_text(), flags=re.DOTALL)
        for path in (ROOT / "web" / "picture").glob("architecture-*.svg")
    }

    assert len(shapes) == 1
