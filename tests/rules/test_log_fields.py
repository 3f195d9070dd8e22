"""The fields of the log: those that the code says, the page that lists them, and the index."""

import ast
import json
import re

import pytest

METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
TAKEN = {"error", "exc_info"}
"""What becomes `error.…` before it is written."""
INDEX_TYPES = {"date_nanos": "date"}
"""What the index calls otherwise than people do."""
NAME = re.compile(r"[a-z_]+\.[a-z_]+")


@pytest.fixture(scope="module")
def listed(root):
    """Field and type, as the page has them."""
    page = (root / "ops" / "logs" / "README.md").read_text()
    return dict(re.findall(r"^\| `([a-z_.]+)` \| (\w+) \| .+ \|$", page, re.MULTILINE))


@pytest.fixture(scope="module")
def said(sources):
    """Every call of a logger: the event, and its facts."""
    found = []
    for text in sources.values():
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(func=ast.Attribute(value=logger, attr=attr)) if attr in METHODS:
                    name = getattr(logger, "attr", getattr(logger, "id", ""))
                    if name in ("log", "_log"):
                        found.append((node.args[0], {it.arg for it in node.keywords}))
    return found


def test_every_fact_that_the_code_logs_is_listed(said, listed):
    facts = {fact for _, facts in said for fact in facts if fact} - TAKEN

    assert len(said) > 90
    assert sorted(facts - listed.keys()) == []


def test_events_are_constant_and_named_alike(said):
    texts = [str(event.value) for event, _ in said if isinstance(event, ast.Constant)]

    assert [text for text in texts if not NAME.fullmatch(text)] == []
    assert [ast.unparse(it) for it, _ in said if not isinstance(it, ast.Constant | ast.Name)] == []


def test_the_index_knows_the_same_fields_by_the_same_types(root, listed):
    template = json.loads((root / "ops" / "logs" / "index-template.json").read_text())
    mappings = template["template"]["mappings"]
    known = {
        name: INDEX_TYPES.get(field["type"], field["type"])
        for name, field in mappings["properties"].items()
    }

    assert known.pop("@timestamp") == "date"
    assert known == listed
    assert mappings["dynamic"] is False


def test_no_field_is_also_the_beginning_of_another(listed):
    beginnings = {name.partition(".")[0] for name in listed if "." in name}

    assert beginnings & listed.keys() == set()  # an index cannot hold both


def test_the_pipeline_drops_none_of_them(root, listed):
    pipeline = (root / "ops" / "logs" / "logstash.conf").read_text()
    _, ours = pipeline.split('source => "log"')
    dropped = re.findall(r"remove_field => \[(.+)\]", ours)

    assert set(re.findall(r'"([^"]+)"', dropped[0])) & listed.keys() == set()
    assert len(dropped) == 1
