import asyncio
import io
import time
import zipfile

import pytest

from taskforge.core.failures import InvalidInput

RISKY = """\
import subprocess
import yaml
password = "swordfish-9"
subprocess.call(line, shell=True)
yaml.load(text)
eval(text)
exec(open("/dev/null").read())  # nosec
"""


def zipped(entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return buffer.getvalue()


async def test_risky_calls_are_found_with_line_and_reference(scans, rules):
    result = await scans("code", RISKY, path="app.py")

    assert rules(result)["code.B602"] == "high"
    assert rules(result)["code.B506"] == "medium"
    finding = next(f for f in result["findings"] if f["rule"] == "code.B602")
    assert (finding["location"], finding["line"]) == ("app.py:4", 4)
    assert finding["cwe"] == "CWE-78"
    assert finding["references"][0].startswith("https://bandit.readthedocs.io/")
    assert any("nosec" in warning for warning in result["warnings"])


async def test_a_hardcoded_password_is_not_repeated(scans):
    result = await scans("code", RISKY)

    finding = next(f for f in result["findings"] if f["rule"] == "code.B105")
    assert "swordfish" not in str(result)
    assert finding["severity"] == "low"


async def test_a_token_in_a_risky_line_is_masked(scans):
    result = await scans("code", "requests.get(url, verify=False, auth=('me', 'tok3n-a1b2c3'))\n")

    assert result["findings"]
    assert "a1b2c3" not in str(result)
    assert b"a1b2c3" not in scans.ctx.artifacts["findings.sarif"].read_bytes()


async def test_code_is_never_run(scans, tmp_path):
    mark = tmp_path / "mark"

    await scans("code", f"open({str(mark)!r}, 'w').write('ran')\n")

    assert not mark.exists()


async def test_a_file_that_cannot_be_parsed_is_skipped_and_told(scans):
    upload = scans.ctx.give_upload("src.zip", zipped({"a.py": "def broken(:", "b.py": "pass"}))

    result = await scans("code", f"upload:{upload}")

    assert result["skipped"] == [
        {"check": "a.py", "reason": "syntax error while parsing AST from file"}
    ]


@pytest.mark.parametrize("text", ["def broken(:\n", "x = " + "(" * 5_000, "x = " + "-" * 9_999])
async def test_code_that_cannot_be_parsed_at_all_gets_no_grade(scans, text):
    with pytest.raises(InvalidInput, match="No Python in it could be read"):
        await scans("code", text, path="app.py")


async def test_only_python_files_of_an_archive_are_read(scans):
    files = {"src/a.py": "assert user\n", "src/b.py": "import pickle\n", "x.md": "eval(text)"}
    upload = scans.ctx.give_upload("src.zip", zipped(files))

    result = await scans("code", f"upload:{upload}")

    assert result["facts"]["files"] == 2
    assert {f["location"] for f in result["findings"]} == {"src/a.py:1", "src/b.py:1"}


async def test_an_archive_without_python_says_what_is_read(scans):
    upload = scans.ctx.give_upload("src.zip", zipped({"a.js": "eval(x)", "b.js": "eval(x)"}))

    with pytest.raises(InvalidInput, match="read Python only"):
        await scans("code", f"upload:{upload}")


async def test_cancelling_stops_the_child_within_a_second(scans):
    text = "\n".join(f"value_{n} = compute_{n}(value_{n}, other={n})" for n in range(15_000))
    task = asyncio.create_task(scans("code", text, timeout_s=100))
    async with asyncio.timeout(20):
        await scans.ctx.first.wait()
    before = time.monotonic()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert time.monotonic() - before < 1
