"""A pattern that ends in `$` alone lets a line break follow: into names, headers, addresses."""

import ast
import re

TEXT = "a\nb"
"""What matches this means to allow line breaks."""


def test_no_pattern_lets_a_line_break_follow_by_accident(tracked, root):
    found = [
        f"{path.relative_to(root)}: {pattern}"
        for path in tracked
        if path.is_relative_to(root / "src") and path.suffix == ".py"
        for pattern in _patterns(ast.parse(path.read_text()))
        if pattern.endswith("$") and not re.search(pattern, TEXT)
    ]

    assert found == []


def _patterns(tree):
    """Literals that are given as `pattern=…`."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="pattern", value=ast.Constant(value=str(pattern))):
                yield pattern
