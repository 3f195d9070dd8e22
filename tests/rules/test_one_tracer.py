"""OpenTelemetry is an extra: one module imports it, and only where tracing is on."""

import ast

ENGINE = "tracing/engine.py"
NAME = "taskforge.tracing.engine"


def test_no_module_but_the_engine_imports_opentelemetry(sources, root):
    guilty = {
        path.relative_to(root / "src" / "taskforge").as_posix()
        for path, text in sources.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom) and _is_foreign(node)
    }

    assert guilty == {ENGINE}


def test_the_engine_is_imported_by_name_alone(sources):
    static = [path.name for path, text in sources.items() if f"from {NAME}" in text]

    assert static == []


def _is_foreign(node):
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").startswith("opentelemetry")
    return any(alias.name.startswith("opentelemetry") for alias in node.names)
