"""Nothing in the repository points at one machine or one registry, and nothing is a binary."""

import re

PLACES = re.compile(
    r"(?<![\w.])/(?:root|work|home/\w+|Users/\w+)/|/tmp/tf\b"  # somebody's folders
)
REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com"
    r"|(?:docker|ghcr|quay|gcr)\.io\b"
    r"|--(?:extra-)?index-url|--find-links|\bproxy\.golang\.org"
)
PICTURES = {".png", ".svg", ".ico", ".webp", ".woff2"}


def test_no_file_names_a_place_of_one_machine(tracked, root):
    assert _lines(tracked, root, PLACES) == []


def test_no_file_names_a_registry(tracked, root):
    assert _lines(tracked, root, REGISTRIES) == []


def test_no_file_is_a_binary(tracked):
    bare = [str(p) for p in tracked if p.suffix not in PICTURES and b"\0" in p.read_bytes()]

    assert bare == []


def _lines(tracked, root, pattern):
    here = root / "tests" / "rules" / "test_portability.py"
    return [
        f"{path.relative_to(root)}:{number}"
        for path in tracked
        if path != here and path.suffix not in PICTURES
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
