"""Names say what a thing does, and imports stand at the top where they can be seen."""

import ast
import re

VAGUE = re.compile(r"(^|_)(utils?|helpers?|manager|common|misc|stuff)(_|$)")


def test_no_module_has_a_vague_name(sources):
    assert [str(path) for path in sources if VAGUE.search(path.stem)] == []


def test_no_function_imports(sources):
    guilty = [
        f"{path}:{inner.lineno}"
        for path, text in sources.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]

    assert guilty == []


def test_annotations_are_real_at_run_time(sources):
    guilty = [
        str(path)
        for path, text in sources.items()
        if "from __future__ import annotations" in text or "if TYPE_CHECKING" in text
    ]

    assert guilty == []


def test_few_rules_are_waived(sources):
    lines = sum(len(text.splitlines()) for text in sources.values())
    waived = sum(text.count("pyright: ignore") for text in sources.values())

    assert waived <= 1 + lines // 1000
