"""`.env.example` says what `config.Settings` is."""

import itertools
import re

import msgspec

from taskforge.config import Settings, load

LINE = re.compile(r"#([A-Z][A-Z0-9_]*)=(.*)")


def test_the_example_names_every_setting_in_order(root):
    named = [name for name, _ in _entries(root)]

    assert named == [field.encode_name for field in msgspec.structs.fields(Settings)]


def test_the_example_shows_the_defaults(root):
    assert load(dict(_entries(root))) == Settings()


def test_every_setting_is_explained(root):
    lines = (root / ".env.example").read_text().splitlines()
    bare = [
        line
        for before, line in itertools.pairwise(lines)
        if LINE.fullmatch(line) and (not before.startswith("# ") or not before.endswith("."))
    ]

    assert bare == []


def _entries(root):
    text = (root / ".env.example").read_text()
    return [(match[1], match[2]) for line in text.splitlines() if (match := LINE.fullmatch(line))]
