"""What a browser must load before it shows anything, by the manifest of the build."""

import gzip
import json
import re

import pytest

from taskforge.local.dashboard import WEB

DIST = WEB / "dist"
INITIAL_BYTES = 220_000
CHUNK_BYTES = 80_000
"""After gzip, as it travels to the least of browsers."""

pytestmark = pytest.mark.usefixtures("dashboard")


@pytest.fixture
def manifest(dashboard):
    return json.loads((DIST / ".vite" / "manifest.json").read_text())


def weight(file):
    return len(gzip.compress((DIST / file).read_bytes(), 9))


def at_once(manifest, key, seen):
    """The scripts that come with one, before anything of it runs."""
    if key not in seen:
        seen.add(key)
        for further in manifest[key].get("imports", []):
            at_once(manifest, further, seen)
    return seen


def test_the_first_load_is_light(manifest):
    entry = next(key for key, it in manifest.items() if it.get("isEntry"))

    files = {manifest[key]["file"] for key in at_once(manifest, entry, set())}

    assert sum(weight(file) for file in files) <= INITIAL_BYTES


def test_no_page_brings_a_heavy_chunk(manifest):
    first = {key for key, it in manifest.items() if it.get("isEntry")}
    for key in list(first):
        at_once(manifest, key, first)
    later = {it["file"] for key, it in manifest.items() if key not in first}

    heavy = {file: weight(file) for file in later if file.endswith(".js")}

    assert {file: size for file, size in heavy.items() if size > CHUNK_BYTES} == {}


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere():
    page = (DIST / "index.html").read_text()

    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", page)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)


def test_text_is_there_in_both_codings_and_no_source_map_is():
    names = {path.name for path in (DIST / "assets").iterdir()}
    scripts = [name for name in names if re.search(r"^index-.*\.(?:js|css)$", name)]

    assert scripts
    assert {f"{name}{suffix}" for name in scripts for suffix in (".br", ".gz")} <= names
    assert not [name for name in names if name.endswith(".map")]
