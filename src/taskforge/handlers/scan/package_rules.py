"""The rules of `dependencies` scans, for one package at a time."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from taskforge.handlers.scan.finding import Rule, Severity
from taskforge.handlers.scan.packages import NPM, PYPI, Manifest, Package
from taskforge.handlers.scan.popular import (
    AS_OF,
    NPM_GIVEN_UP,
    NPM_NAMES,
    PYPI_GIVEN_UP,
    PYPI_NAMES,
    GivenUp,
)

POPULAR = {PYPI: PYPI_NAMES, NPM: NPM_NAMES}
GIVEN_UP: Mapping[str, Mapping[str, GivenUp]] = {PYPI: PYPI_GIVEN_UP, NPM: NPM_GIVEN_UP}
SHORT = 5
"""Names below this length are alike by chance."""
ANYTHING = frozenset({"", "*", "x", "latest", ">=0", "next"})
PLAIN = ("http:", "git:", "git+http:", "git+git:", "svn:", "svn+http:", "hg+http:", "bzr+http:")

SHEET = "https://cheatsheetseries.owasp.org/cheatsheets/Vulnerable_Dependency_Management_Cheat_Sheet.html"
SLSA = "https://slsa.dev/spec/"
_S = Severity
ANY_VERSION = Rule("dependencies.any_version", _S.MEDIUM, "dependencies",
    "Any version of a package is taken", "Every package has a version or a range",
    "Name a version, or a range with an upper end, and keep a lock file.", (SHEET,),
    1104)  # fmt: skip
UNPINNED = Rule("dependencies.unpinned", _S.LOW, "dependencies",
    "A requirements file leaves a version open", "Requirements files name exact versions",
    "Pin it with `==`, best by a tool that writes a lock file.", (SHEET,), 1104)  # fmt: skip
NO_HASHES = Rule("dependencies.no_hashes", _S.LOW, "dependencies",
    "A lock has packages without a digest", "Locked packages have digests",
    "Have the tool write hashes, so that a changed file is refused.", (SLSA,), 494)  # fmt: skip
DIRECT = Rule("dependencies.direct_url", _S.LOW, "dependencies",
    "A package comes from an address of its own", "All packages come from a registry",
    "Publish it to a registry of yours, or bind it to a digest.", (SLSA,), 829)  # fmt: skip
MOVING = Rule("dependencies.moving_source", _S.MEDIUM, "dependencies",
    "A package comes from a repository and no fixed commit", "Repositories are bound to commits",
    "Add the commit: `@<40 hex digits>` or `#<40 hex digits>`.", (SLSA,), 494)  # fmt: skip
PLAIN_SOURCE = Rule("dependencies.plain_source", _S.HIGH, "dependencies",
    "Packages come without encryption, or from a host that is not checked",
    "Packages come over checked, encrypted connections", "Use https addresses.",
    (SHEET,), 494)  # fmt: skip
CONFUSION = Rule("dependencies.second_index", _S.MEDIUM, "dependencies",
    "A second index stands beside the first", "There is one index of packages",
    "Use one index that mirrors both: a name of yours may be taken on the public one.",
    (SHEET,), 427)  # fmt: skip
LOOKALIKE = Rule("dependencies.lookalike", _S.HIGH, "dependencies",
    "A package's name looks like a well-known one", "No name looks like a well-known one",
    "Check the name, its owner and its code before anybody installs it.", (SHEET,),
    1357)  # fmt: skip
ABANDONED = Rule("dependencies.given_up", _S.MEDIUM, "dependencies",
    "A package, or its old version, is given up", "No package of the bundled list is given up",
    "Move to the successor that the evidence names, or to a newer version.", (SHEET,),
    1104)  # fmt: skip
PRERELEASE = Rule("dependencies.prerelease", _S.INFO, "dependencies",
    "A preliminary version is pinned", "No preliminary version is pinned",
    "Move to the release when it is there.", (SHEET,))  # fmt: skip
RULES = (ANY_VERSION, UNPINNED, NO_HASHES, DIRECT, MOVING, PLAIN_SOURCE, CONFUSION, LOOKALIKE,
         ABANDONED, PRERELEASE)  # fmt: skip


class Defect(NamedTuple):
    """A broken rule, what shows it, and where."""

    rule: Rule
    evidence: str
    package: str
    line: int | None = None


def defects(manifest: Manifest) -> Iterator[Defect]:
    """What is wrong with a list and its packages."""
    for line, option, value in manifest.options:
        if option == "trusted-host" or value.startswith("http:"):
            yield Defect(PLAIN_SOURCE, f"{option} {_without_secrets(value)}", option, line)
        elif option == "extra-index-url":
            yield Defect(CONFUSION, f"{option} {_without_secrets(value)}", option, line)
    bare = [package.name for package in manifest.packages if package.hashed is False]
    pinned = manifest.kind != "requirements" or all(each.exact for each in manifest.packages)
    if bare and pinned:
        evidence = f"{len(bare)} of {len(manifest.packages)}: {', '.join(bare[:5])}"
        yield Defect(NO_HASHES, evidence, "")
    for package in manifest.packages:
        for rule, evidence in _of_package(package, manifest.kind):
            yield Defect(rule, evidence, package.name, package.line)


def lookalike(ecosystem: str, name: str) -> str:
    """The well-known name that a name may be mistaken for; empty if there is none."""
    known = POPULAR[ecosystem]
    if name in known or len(name) < SHORT:
        return ""
    same_look = _looks(ecosystem).get(_look(name))
    if same_look:
        return same_look
    near = _by_length(ecosystem)
    around = (each for size in (-1, 0, 1) for each in near.get(len(name) + size, ()))
    return next((each for each in around if _near(name, each)), "")


def _of_package(package: Package, kind: str) -> Iterator[tuple[Rule, str]]:
    said = f"{package.name} {package.wanted}".strip()
    if package.direct:
        yield from _of_source(package)
    elif package.wanted.lower() in ANYTHING:
        yield ANY_VERSION, said
    elif kind == "requirements" and not package.exact:
        yield UNPINNED, said
    look = lookalike(package.ecosystem, package.name)
    if look:
        yield LOOKALIKE, f"{package.name} is close to {look} (list of {AS_OF})"
    given_up = GIVEN_UP[package.ecosystem].get(package.name)
    if given_up and _is_below(package, given_up.below):
        yield ABANDONED, f"{said}: {given_up.reason} (list of {AS_OF})"
    if _is_preliminary(package.exact):
        yield PRERELEASE, said


def _of_source(package: Package) -> Iterator[tuple[Rule, str]]:
    shown = f"{package.name} from {_without_secrets(package.direct)}"
    repository = package.direct.startswith(("git", "hg", "svn", "bzr")) or ".git" in package.direct
    if package.direct.startswith(PLAIN):
        yield PLAIN_SOURCE, shown
    elif repository and not _has_commit(package.direct):
        yield MOVING, shown
    else:
        yield DIRECT, shown


def _without_secrets(address: str) -> str:
    scheme, mark, rest = address.partition("://")
    owner, at, place = rest.partition("/")[0].rpartition("@")
    return f"{scheme}{mark}…@{rest[len(owner) + 1 :]}" if mark and at and place else address


def _has_commit(address: str) -> bool:
    words = address.replace("#", "@").split("@")
    return any(len(w) == 40 and all(c in "0123456789abcdef" for c in w.lower()) for w in words)


def _is_below(package: Package, below: str) -> bool:
    """Whether the one version, or the highest that a range allows, is below another."""
    if not below:
        return True
    try:
        limit = Version(below)
        if package.exact:
            return Version(package.exact) < limit
        bounds = SpecifierSet(package.wanted)
        return any(
            each.operator in ("<", "<=") and Version(each.version) <= limit for each in bounds
        )
    except (InvalidVersion, InvalidSpecifier):
        return False


def _is_preliminary(exact: str) -> bool:
    try:
        return bool(exact) and Version(exact).is_prerelease
    except InvalidVersion:
        return False


@cache
def _looks(ecosystem: str) -> dict[str, str]:
    return {_look(name): name for name in sorted(POPULAR[ecosystem]) if len(name) >= SHORT}


@cache
def _by_length(ecosystem: str) -> dict[int, list[str]]:
    lengths: dict[int, list[str]] = {}
    for name in sorted(POPULAR[ecosystem]):
        if len(name) >= SHORT:
            lengths.setdefault(len(name), []).append(name)
    return lengths


def _look(name: str) -> str:
    table = str.maketrans({"0": "o", "1": "l", "-": "", "_": "", ".": "", "@": "", "/": ""})
    return name.lower().translate(table).replace("rn", "m").replace("vv", "w")


def _near(one: str, other: str) -> bool:
    """Whether one edit, or the exchange of two neighbours, makes one the other.

    The lengths differ by one at most.
    """
    if one[0] != other[0] and one[-1] != other[-1]:
        return False  # an edit or exchange leaves one of the ends alone
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    swapped = len(a) > 1 and len(b) > 1 and a[0] == b[1] and a[1] == b[0] and a[2:] == b[2:]
    return swapped or a[1:] == b[1:] or a[1:] == b or a == b[1:]
