"""Lists of dependencies, read from the usual kinds of file; runs in the sandbox."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple, cast

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from taskforge.handlers.scan.files import Text

PYPI = "PyPI"
NPM = "npm"
NPM_GROUPS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
SOURCES = frozenset({"index-url", "extra-index-url", "find-links", "trusted-host"})

_OPTION = re.compile(r"-(?:-([a-z-]+)|([a-z]))(?:[= ]\s*(.*))?", re.DOTALL)
_EXACT = re.compile(r"[=v]*\d[\w.+-]*")
_DIRECT = re.compile(r"(?:git|hg|svn|bzr|file|https?|github|link)(?:\+\w+)?:|\w[\w.-]*/[\w.-]+$")
_REMARK = re.compile(r"(?:^|\s)#.*$")


class Package(NamedTuple):
    """One dependency as a file states it."""

    ecosystem: str
    name: str
    wanted: str
    """The version or range as written; empty for none."""
    exact: str = ""
    """The one version that it is bound to; empty when there are several."""
    direct: str = ""
    """The address that it comes from, past any registry."""
    hashed: bool | None = None
    """Whether a digest goes with it; None where the kind of file has none."""
    line: int | None = None


class Manifest(NamedTuple):
    """What one file says."""

    name: str
    kind: str
    packages: list[Package]
    options: list[tuple[int, str, str]]
    """Where packages are to come from: line, option, value."""
    faults: list[str]


def kind_of(text: Text) -> str | None:
    """What kind of list a file is; None if it is none."""
    name = PurePosixPath(text.name).name.lower()
    named = {"pyproject.toml": "pyproject", "package.json": "package.json", "poetry.lock": "lock",
             "uv.lock": "lock", "package-lock.json": "package-lock"}  # fmt: skip
    if name in named:
        return named[name]
    is_list = re.search(r"requirements|constraints", name) is not None
    return "requirements" if is_list and name.endswith((".txt", ".in", ".lock")) else None


def guessed_kind(text: str) -> str:
    """The kind of a text without a name."""
    start = text.lstrip()
    if start.startswith("{"):
        return "package-lock" if '"lockfileVersion"' in text else "package.json"
    if re.search(r"^\[\[package\]\]", text, re.MULTILINE):
        return "lock"
    is_toml = re.search(r"^\[(project|build-system|tool\.poetry)", text, re.MULTILINE)
    return "pyproject" if is_toml else "requirements"


def read_manifest(text: Text, kind: str) -> Manifest:
    """Read a list.

    A file that is malformed has no packages and says why in `faults`.
    """
    readers = {"pyproject": _pyproject, "lock": _toml_lock, "package.json": _package_json,
               "package-lock": _package_lock}  # fmt: skip
    manifest = Manifest(text.name, kind, [], [], [])
    if kind == "requirements":
        _requirements(text.text, manifest)
        return manifest
    try:
        parse = tomllib.loads if kind in ("pyproject", "lock") else json.loads
        parsed: Any = parse(text.text)
        if not isinstance(parsed, dict):
            raise ValueError("it is not a table")
        manifest.packages.extend(readers[kind](cast("dict[str, Any]", parsed), manifest.faults))
    except (ValueError, RecursionError) as error:
        manifest.faults.append(f"it cannot be read: {str(error)[:200]}")
    return manifest


def _requirements(text: str, manifest: Manifest) -> None:
    # A line that ends with a backslash goes on; the number is that of its first line.
    pending, begins = "", 1
    for number, raw in enumerate([*text.splitlines(), ""], 1):
        begins = begins if pending else number
        line = _REMARK.sub("", raw).strip()
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        whole, pending = (pending + line).strip(), ""
        option = _OPTION.fullmatch(whole)
        if option:
            _option(option, begins, manifest)
        elif whole:
            _requirement_line(whole, begins, manifest)


def _option(option: re.Match[str], line: int, manifest: Manifest) -> None:
    short = {"i": "index-url", "f": "find-links", "e": "editable"}
    name, value = option[1] or short.get(option[2], ""), (option[3] or "").strip()
    if name in SOURCES:
        manifest.options.append((line, name, value))
    elif name == "editable":
        egg = re.search(r"#egg=([\w.-]+)", value)
        label = egg[1] if egg else value[:100]
        manifest.packages.append(Package(PYPI, label, "", direct=value, line=line))


def _requirement_line(whole: str, line: int, manifest: Manifest) -> None:
    wanted, *options = re.split(r"\s+--", whole)
    hashed = any(option.startswith("hash=") for option in options)
    try:
        manifest.packages.append(_python(wanted, hashed=hashed, line=line))
    except InvalidRequirement:
        if _DIRECT.match(wanted):
            label = wanted.rpartition("/")[2][:100]
            manifest.packages.append(Package(PYPI, label, "", direct=wanted, line=line))
        else:
            manifest.faults.append(f"line {line} is no requirement: {wanted[:100]!r}")


def _python(text: str, *, hashed: bool | None = None, line: int | None = None) -> Package:
    """A requirement (PEP 508); raises InvalidRequirement."""
    parsed = Requirement(text)
    bounds = list(parsed.specifier)
    fixed = [bound for bound in bounds if bound.operator in ("==", "===")]
    exact = fixed[0].version if fixed and not fixed[0].version.endswith(".*") else ""
    return Package(
        PYPI, canonicalize_name(parsed.name), str(parsed.specifier), exact,
        parsed.url or "", hashed, line,
    )  # fmt: skip


def _pyproject(parsed: dict[str, Any], faults: list[str]) -> Iterator[Package]:
    project, build = _table(parsed, "project"), _table(parsed, "build-system")
    listed = _list(project.get("dependencies")) + _list(build.get("requires"))
    for group in _table(project, "optional-dependencies").values():
        listed += _list(group)
    for group in _table(parsed, "dependency-groups").values():
        listed += _list(group)
    for text in listed:
        if isinstance(text, str):
            try:
                yield _python(text)
            except InvalidRequirement:
                faults.append(f"no requirement: {text[:100]!r}")
    poetry = _table(_table(parsed, "tool"), "poetry")
    for name, said in _table(poetry, "dependencies").items():
        if name.lower() != "python":
            yield _loose(PYPI, canonicalize_name(name), said)


def _package_json(parsed: dict[str, Any], faults: list[str]) -> Iterator[Package]:
    del faults
    for group in NPM_GROUPS:
        for name, said in _table(parsed, group).items():
            yield _loose(NPM, name, said)


def _loose(ecosystem: str, name: str, said: Any) -> Package:
    """A dependency given by name, with a range, an address or a table of them."""
    table = cast("dict[str, Any]", said) if isinstance(said, dict) else {"version": said}
    wanted = str(table.get("version") or "").strip()
    direct = next((str(table[key]) for key in ("git", "url", "path", "file") if key in table), "")
    if _DIRECT.match(wanted):
        direct, wanted = wanted, ""
    exact = wanted.lstrip("=v ") if _EXACT.fullmatch(wanted) and ecosystem == NPM else ""
    return Package(ecosystem, name[:214], wanted[:100], exact, direct[:300])


def _toml_lock(parsed: dict[str, Any], faults: list[str]) -> Iterator[Package]:
    del faults
    for each in _list(parsed.get("package")):
        entry = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        name, version = entry.get("name"), entry.get("version")
        source = _table(entry, "source")
        if not isinstance(name, str) or "editable" in source or "virtual" in source:
            continue
        files = _list(entry.get("files")) + _list(entry.get("wheels")) + [entry.get("sdist")]
        hashed = any(isinstance(file, dict) and "hash" in file for file in files)
        direct = str(source.get("git") or source.get("url") or "")[:300]
        exact = str(version or "")[:100]
        yield Package(PYPI, canonicalize_name(name), exact, exact, direct, hashed)


def _package_lock(parsed: dict[str, Any], faults: list[str]) -> Iterator[Package]:
    del faults
    entries = _table(parsed, "packages") or _table(parsed, "dependencies")
    for path, said in entries.items():
        entry = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
        if not path or entry.get("link"):
            continue
        name = str(entry.get("name") or path.rpartition("node_modules/")[2])[:214]
        exact, resolved = str(entry.get("version") or "")[:100], str(entry.get("resolved") or "")
        direct = resolved[:300] if resolved.startswith(("git", "http:", "file:")) else ""
        yield Package(NPM, name, exact, exact, direct, "integrity" in entry)


def _table(parsed: Mapping[str, Any], key: str) -> dict[str, Any]:
    found: Any = parsed.get(key)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
