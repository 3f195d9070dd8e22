"""The runbook: a section for each alert, and nothing in it, or on sizing, that is not there."""

import json
import re
from pathlib import Path

import pytest
import yaml

from support.prometheus import FOLDER

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (FOLDER.parent / "runbook.md").read_text()
SIZING = (FOLDER.parent / "sizing.md").read_text()
SECTIONS = dict(re.findall(r"^### (\w+)\n(.+?)(?=^##|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL))
QUERIES = re.findall(r"```sql\n(.+?)```", RUNBOOK, re.DOTALL)
ALERTS = [
    rule["alert"]
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]


def test_each_alert_has_a_section_and_each_section_an_alert():
    assert sorted(SECTIONS) == sorted(set(ALERTS))


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_says_where_to_look_and_what_to_do(name):
    assert re.search(r"^\*\*Look:\*\*", SECTIONS[name], re.MULTILINE)
    assert re.search(r"^\*\*Do:\*\*", SECTIONS[name], re.MULTILINE)


def test_what_it_names_beside_has_a_section():
    assert set(re.findall(r"\bTaskForge[A-Z]\w+", RUNBOOK)) == SECTIONS.keys()


async def test_its_queries_are_understood(plain):
    assert QUERIES

    for query in QUERIES:
        await plain.fetch(query)


def test_its_pages_are_there():
    routes = (ROOT / "web" / "src" / "routes.tsx").read_text()
    pages = set(re.findall(r"`(/[a-z]+)`", RUNBOOK)) - {"/metrics"}

    assert pages
    assert [page for page in pages if f'path: "{page}"' not in routes] == []


@pytest.mark.parametrize("page", [RUNBOOK, SIZING], ids=["runbook", "sizing"])
def test_its_settings_are_there(page):
    known = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    of_clients = {"TASKFORGE_URL", "TASKFORGE_API_KEY"}

    assert set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", page)) <= known | of_clients


def test_signs_of_too_small_a_size_are_alerts_and_boards_that_there_are():
    overview = json.loads((ROOT / "ops" / "grafana" / "boards" / "overview.json").read_text())
    alerts = set(re.findall(r"\bTaskForge[A-Z]\w+", SIZING))
    boards = {
        title
        for words in re.findall(r'boards?\s("[^"]+"(?:\sand\s"[^"]+")*)', SIZING)
        for title in re.findall(r'"([^"]+)"', words)
    }

    assert alerts
    assert alerts <= SECTIONS.keys()
    assert len(boards) > 10
    assert boards <= _titles(overview)


def _titles(panel):
    """Of a board, and of all panels in it."""
    within = [title for it in panel.get("panels", ()) for title in _titles(it)]
    return {panel.get("title"), *within}
