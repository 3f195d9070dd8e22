import io
import zipfile

import msgspec
import pytest

from taskforge.core.failures import InvalidInput
from taskforge.core.outbound import HttpFailed
from taskforge.handlers.scan.package_rules import lookalike

INDEX = "--extra-" + "index-url"


async def test_requirements_are_judged_line_by_line(scans, rules):
    text = "\n".join(
        [
            "flask==3.1.2  # fine",
            "requests",
            "httpx>=0.28",
            f"{INDEX} https://me:pa55@other.example/simple",
            "tools @ http://files.example/tools.whl",
            "lib @ git+https://git.example/lib@" + "a1" * 20,
            "-e git+https://user:pa55@git.example/x#egg=x",
            "beta==2.0rc1",
        ]
    )

    result = await scans("dependencies", text, path="requirements.txt")

    found = {(f["rule"].partition(".")[2], f["line"]) for f in result["findings"]}
    assert found == {
        ("any_version", 2), ("unpinned", 3), ("second_index", 4), ("plain_source", 5),
        ("direct_url", 6), ("moving_source", 7), ("prerelease", 8),
    }  # fmt: skip
    assert "pa55" not in str(result)
    assert any(warning.startswith("Reduced") for warning in result["warnings"])


async def test_pinned_requirements_without_digests_are_told(scans, rules):
    digest = "--hash=sha256:" + "0" * 64
    bare = await scans("dependencies", "flask==3.1.2\nhttpx==0.28.1\n", path="requirements.txt")
    full = await scans("dependencies", f"flask==3.1.2 \\\n    {digest}\n", path="requirements.txt")

    assert rules(bare) == {"dependencies.no_hashes": "low"}
    assert full["findings"] == []


@pytest.mark.parametrize(
    ("name", "text", "broken"),
    [
        ("package.json", '{"dependencies": {"react": "*", "lodahs": "^4.17.0", "x": "git://a/b"}}',
         {"any_version", "lookalike", "plain_source"}),
        ("package.json", '{"dependencies": {"react": "^19.0.0"}}', set()),
        ("package-lock.json", '{"lockfileVersion": 3, "packages": {"a": {"version": "1.0.0"}}}',
         {"no_hashes"}),
        ("pyproject.toml", '[project]\ndependencies = ["django<3", "flask>=3,<4"]',
         {"given_up"}),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "*"\npycrypto = "*"',
         {"any_version", "given_up"}),
        ("uv.lock", '[[package]]\nname = "flask"\nversion = "3.1.2"\n', {"no_hashes"}),
        ("poetry.lock", '[[package]]\nname = "flask"\nversion = "1"\nfiles = [{hash = "s:0"}]\n',
         {"given_up"}),
    ],
)  # fmt: skip
async def test_every_kind_of_list_is_read(scans, name, text, broken):
    result = await scans("dependencies", text, path=name)

    assert {f["rule"].partition(".")[2] for f in result["findings"]} == broken
    # Without its name the kind is guessed from the text.
    guessed = await scans("dependencies", text)
    assert guessed["facts"]["manifests"][0]["packages"] > 0


async def test_the_lists_of_an_archive_are_found(scans):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("web/package.json", '{"dependencies": {"react": "latest"}}')
        archive.writestr("api/requirements-dev.txt", "pytest\n")
        archive.writestr("api/notes.txt", "hello")
        archive.writestr("bad/pyproject.toml", "[[[")
    upload = scans.ctx.give_upload("repo.zip", buffer.getvalue())

    result = await scans("dependencies", f"upload:{upload}")

    assert {f["location"] for f in result["findings"]} == {
        "web/package.json", "api/requirements-dev.txt:1"
    }  # fmt: skip
    assert [skipped["check"] for skipped in result["skipped"]] == ["bad/pyproject.toml"]


@pytest.mark.parametrize("text", ["# nothing\n", "{}", "[project]\n", '{"dependencies": 3}'])
async def test_a_list_without_packages_is_bad_input(scans, text):
    with pytest.raises(InvalidInput, match="no dependencies"):
        await scans("dependencies", text)


async def test_deep_json_is_bad_input(scans):
    with pytest.raises(InvalidInput):
        await scans("dependencies", "[" * 200_000, path="package.json")


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("reqeusts", "requests"),
        ("requets", "requests"),
        ("requestss", "requests"),
        ("dj4ngo", "django"),
        ("pythondateutil", "python-dateutil"),
        ("num1py", "numpy"),
        ("requests", ""),
        ("httpx2", ""),
        ("rich2", ""),
        ("zebra-striping", ""),
    ],
)
def test_a_lookalike_is_named(name, close):
    assert lookalike("PyPI", name) == close


class Osv:
    """An OSV service that knows one flaw of one version."""

    def __init__(self):
        self.asked = []

    async def answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
        body = await reader.readexactly(size)
        if head.startswith("post /v1/querybatch"):
            queries = msgspec.json.decode(body)["queries"]
            self.asked += queries
            reply = {"results": [
                {"vulns": [{"id": "OSV-1", "modified": "x"}]}
                if query["package"]["name"] == "flask" else {} for query in queries
            ]}  # fmt: skip
        else:
            reply = {"summary": "Sessions leak", "aliases": ["CVE-2026-1"],
                     "database_specific": {"severity": "CRITICAL"}}  # fmt: skip
        data = msgspec.json.encode(reply)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(data) + data)
        await writer.drain()


async def test_known_vulnerabilities_are_looked_up_where_a_service_is_set(scans, rules, listen):
    await scans.reach("127.0.0.1")
    osv = Osv()
    async with listen(osv.answer) as port:
        scans.ctx.settings["OSV_URL"] = f"http://127.0.0.1:{port}"
        result = await scans("dependencies", "flask==0.1\nhttpx==0.28.1\ntyper>=1\n")

    assert [query["version"] for query in osv.asked] == ["0.1", "0.28.1"]
    finding = next(f for f in result["findings"] if f["rule"] == "dependencies.vulnerable")
    assert finding["title"] == "flask 0.1: Sessions leak"
    assert finding["severity"] == "critical"
    assert finding["evidence"] == "OSV-1 (CVE-2026-1)"
    assert not any(warning.startswith("Reduced") for warning in result["warnings"])


async def test_a_service_that_is_none_is_skipped_and_told(scans, serve_http):
    await scans.reach("127.0.0.1")
    async with serve_http("200 OK", "content-type: text/html") as port:
        scans.ctx.settings["OSV_URL"] = f"http://127.0.0.1:{port}"
        result = await scans("dependencies", "flask==3.1.2\n")

    assert [skipped["check"] for skipped in result["skipped"]] == ["known vulnerabilities"]
    assert HttpFailed.error_class in result["skipped"][0]["reason"]
