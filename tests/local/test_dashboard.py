"""When the dashboard is built, and what becomes of a build that fails.

The folder here has a `package.json` whose build is a line of shell: Node, npm and the lock are the
real ones, Vite is not.
"""

import json
import os
import subprocess
import sys

import pytest

from taskforge.local import dashboard
from taskforge.local.child import Stopping
from taskforge.local.errors import CannotStart
from taskforge.local.node import LEAST_MAJOR, find_node

BUILD = "mkdir -p $2 && echo page > $2/index.html && echo built >> ../builds"
FAILS = "echo 'no such module' >&2; exit 1"


@pytest.fixture
def web(tmp_path):
    web = tmp_path / "web"
    (web / "node_modules").mkdir(parents=True)
    (web / "src").mkdir()
    (web / "src" / "main.ts").write_text("1")
    lock = {"name": "web", "lockfileVersion": 3, "requires": True, "packages": {"": {}}}
    (web / "package-lock.json").write_text(json.dumps(lock))
    installed(web)
    be(web, BUILD)
    return web


def installed(web):
    """As if npm had been here: it takes two seconds to find that there is nothing to do."""
    lock = (web / "package-lock.json").read_text()
    (web / "node_modules" / ".installed-lock.json").write_text(lock)


def be(web, line):
    # npm appends `--outDir dist.new …`: the function's arguments.
    script = f"build() {{ {line}; }}; build"
    (web / "package.json").write_text(json.dumps({"private": True, "scripts": {"build": script}}))


def want_what_nobody_has(web, monkeypatch):
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    package = json.loads((web / "package.json").read_text())
    package["dependencies"] = {"nobody-has-this": "1.0.0"}
    (web / "package.json").write_text(json.dumps(package))


def builds(web):
    path = web.parent / "builds"
    return len(path.read_text().split()) if path.exists() else 0


def test_what_has_not_changed_is_not_built_again(web):
    dashboard.build(web)
    dashboard.build(web)

    assert builds(web) == 1
    assert dashboard.is_fresh(web)
    assert (web / "dist" / "index.html").read_text() == "page\n"
    assert not (web / "dist.new").exists()


@pytest.mark.parametrize("change", ["content", "name", "new", "gone", "lock"])
def test_any_change_of_the_sources_makes_the_build_stale(web, change):
    dashboard.build(web)
    main, lock = web / "src" / "main.ts", web / "package-lock.json"
    {
        "content": lambda: main.write_text("2"),
        "name": lambda: main.rename(web / "src" / "other.ts"),
        "new": lambda: (web / "index.html").write_text("<!doctype html>"),
        "gone": main.unlink,
        "lock": lambda: lock.write_text(lock.read_text() + "\n"),
    }[change]()
    installed(web)

    assert not dashboard.is_fresh(web)
    dashboard.build(web)

    assert builds(web) == 2


def test_tools_are_installed_once_for_each_state_of_the_lock(web, capfd):
    (web / "node_modules" / ".installed-lock.json").unlink()

    dashboard.install(web)
    dashboard.install(web)

    assert capfd.readouterr().out.count("installing") == 1


def test_what_an_installation_left_half_way_is_not_built_upon(web):
    (web / "node_modules" / ".installed-lock.json").unlink()
    half = web / "node_modules" / "vite" / "package.json"
    half.parent.mkdir()
    half.write_text('{"name": "vite"')

    dashboard.install(web)

    assert not half.exists()


def test_what_is_made_is_no_source(web):
    dashboard.build(web)
    (web / "node_modules" / "left-pad.js").write_text("x")
    (web / "src" / "schema.ts").write_text("generated")

    assert dashboard.is_fresh(web)


def test_a_build_that_fails_leaves_the_older_one_as_it_was(web, capfd):
    dashboard.build(web)
    be(web, FAILS)

    with pytest.raises(CannotStart, match="does not build"):
        dashboard.build(web)

    assert (web / "dist" / "index.html").read_text() == "page\n"
    assert not dashboard.is_fresh(web)
    assert "no such module" in capfd.readouterr().err


def test_tools_that_are_not_to_be_had_are_told_of(web, monkeypatch):
    (web / "node_modules" / ".installed-lock.json").unlink()
    want_what_nobody_has(web, monkeypatch)

    with pytest.raises(CannotStart, match="cannot be installed"):
        dashboard.build(web)

    assert not (web / "dist").exists()


def test_what_was_installed_is_there_when_newer_tools_are_not_to_be_had(web, monkeypatch, capfd):
    lock = web / "package-lock.json"
    older = lock.read_text()
    lock.write_text(older + "\n")
    want_what_nobody_has(web, monkeypatch)
    with pytest.raises(CannotStart, match="cannot be installed"):
        dashboard.install(web)
    lock.write_text(older)

    dashboard.install(web)

    assert capfd.readouterr().out.count("installing") == 1


async def test_up_goes_on_without_a_dashboard_that_does_not_build(web):
    be(web, FAILS)
    said: list[str] = []

    await dashboard.build_if_stale(web, os.environ, lambda _, line: said.append(line), Stopping())

    assert said[0] == "building the dashboard"
    assert "no such module" in said
    assert said[-1] == "going on with no dashboard"


async def test_up_says_nothing_of_a_fresh_build_and_where_there_are_no_sources(web, tmp_path):
    dashboard.build(web)
    said: list[str] = []

    for folder in (web, tmp_path / "nowhere"):
        await dashboard.build_if_stale(folder, {}, lambda _, line: said.append(line), Stopping())

    assert said == []


def test_node_is_new_enough_wherever_it_comes_from():
    node = find_node()

    said = subprocess.run([node.node, "--version"], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert int(said.stdout[1:].partition(".")[0]) >= LEAST_MAJOR


def test_an_old_node_of_the_machine_is_passed_over(tmp_path, monkeypatch):
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v18.0.0\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_node().folder != str(tmp_path)
    assert sys.prefix in find_node().node
