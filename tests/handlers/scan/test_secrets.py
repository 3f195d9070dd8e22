import io
import tarfile

import msgspec
import pytest

from taskforge.core.failures import InvalidInput
from taskforge.handlers.scan.finding import masked

KEY = "AKIA" + "Q3EGS2L7XJ5V4N6P"
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA1c7+9z5Pad7OejecsQ0buSsD5M3\n"


async def test_secrets_are_found_and_never_shown(scans, rules):
    text = f"key = {KEY}\ntoken = {TOKEN}\nurl = https://me:sEcret-9-words@host/\n{PEM}"

    result = await scans("secrets", text, path="app.env")

    assert rules(result)["secrets.aws_access_key"] == "critical"
    assert rules(result)["secrets.github_token"] == "critical"
    assert rules(result)["secrets.private_key"] == "critical"
    assert rules(result)["secrets.basic_auth_credentials"] == "high"
    everything = msgspec.json.encode(result) + scans.ctx.artifacts["findings.sarif"].read_bytes()
    everything += msgspec.json.encode(scans.ctx.logged) + b"".join(scans.ctx.memory.values())
    for secret in (KEY, TOKEN, "sEcret-9-words", "MIIEowIBAAKCAQEA"):
        assert secret.encode() not in everything
    assert result["target"] == f"a text of {len(text)} characters"


async def test_a_finding_keeps_its_id_when_lines_move(scans):
    first = await scans("secrets", f"key = {KEY}\n", path="app.env")
    later = await scans("secrets", f"# a comment\n\nkey = {KEY}\n", path="app.env")

    assert [f["id"] for f in first["findings"]] == [f["id"] for f in later["findings"]]
    assert [f["line"] for f in later["findings"]] == [3]
    assert later["comparison"]["unchanged"] == len(first["findings"])


async def test_an_upload_of_an_archive_is_read_file_by_file(scans):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in {"conf/app.ini": f"key = {KEY}", "readme.txt": "nothing"}.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    upload = scans.ctx.give_upload("shop.tar.gz", buffer.getvalue())

    result = await scans("secrets", f"upload:{upload}")

    assert {f["location"] for f in result["findings"]} == {"conf/app.ini:1"}
    assert result["facts"]["files"] == 2
    assert result["comparison"]["target"] == "upload:shop.tar.gz"


async def test_a_hostile_archive_fails_the_job_as_bad_input(scans):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../../evil"))
    upload = scans.ctx.give_upload("evil.tar", buffer.getvalue())

    with pytest.raises(InvalidInput, match="leads out of the archive"):
        await scans("secrets", f"upload:{upload}")


async def test_a_clean_text_gets_the_best_grade(scans):
    result = await scans("secrets", "hello world\n")

    assert (result["grade"], result["findings"]) == ("A+", [])
    assert len(result["passed"]) > 10


async def test_odd_names_and_characters_do_no_harm(scans):
    text = "a\x00b\ud800 password = 'hunter2-hunter2'\n" + "x" * 300_000

    result = await scans("secrets", text, path="../../" + "n" * 250)

    assert msgspec.json.encode(result)
    assert [skipped["reason"] for skipped in result["skipped"]] == [
        "lines of more than 100,000 characters were left out"
    ]


@pytest.mark.parametrize(
    ("secret", "shown"), [("abc", "… (3 characters)"), ("a" * 40, "aaaa… (40 characters)")]
)
def test_a_secret_is_masked(secret, shown):
    assert masked(secret) == shown
