import asyncio
import time

import msgspec
import pytest

from taskforge.core.failures import JobTimeout
from taskforge.handlers.scan.result import MAX_BYTES

WEAK = ("200 OK", "content-type: text/html")


async def test_progress_names_each_check(scans):
    await scans("full")

    told = [progress for progress in scans.ctx.told if progress.total and progress.total > 10]
    assert [progress.current for progress in told] == sorted(p.current for p in told)
    assert told[-1].current == told[-1].total
    assert {"page", "tls versions", "dnssec"} <= {progress.stage for progress in told}


async def test_the_same_target_gives_the_same_ids(scans):
    first, second = await scans("full"), await scans("full")

    ids = [[finding["id"] for finding in each["findings"]] for each in (first, second)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(ids[0])
    assert first["comparison"]["previous_job_id"] is None
    assert second["comparison"]["previous_grade"] == "F"
    assert (second["comparison"]["new"], second["comparison"]["fixed"]) == ([], [])


async def test_what_is_new_and_fixed_is_told(scans, serve_http):
    await scans.reach("127.0.0.1")
    async with serve_http(*WEAK, "server: x/1.0") as port:
        await scans("headers", f"http://127.0.0.1:{port}/")
        port_before = port
    comparison = await _scan_again(scans, port_before)

    assert [fixed["title"] for fixed in comparison["fixed"]] == [
        "The server tells its software and version"
    ]
    assert len(comparison["new"]) == 1
    assert comparison["complete"]


async def _scan_again(scans, port):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nexpect-ct: max-age=1\r\n"
                     b"content-length: 2\r\nconnection: close\r\n\r\nok")  # fmt: skip
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    try:
        return (await scans("headers", f"http://127.0.0.1:{port}/"))["comparison"]
    finally:
        server.close()


async def test_another_type_of_scan_is_compared_with_its_own_kind(scans):
    await scans("headers")

    assert (await scans("dns"))["comparison"]["previous_job_id"] is None


async def test_a_baseline_is_neither_listed_nor_graded(scans):
    first = await scans("dns")
    known = [finding["id"] for finding in first["findings"]]

    result = await scans("dns", baseline=known)

    assert (result["findings"], result["grade"]) == ([], "A+")
    assert result["summary"]["ignored"] == len(known)
    assert result["comparison"]["fixed"] == []
    sarif = msgspec.json.decode(scans.ctx.artifacts["findings.sarif"].read_bytes())
    assert all("suppressions" in one for one in sarif["runs"][0]["results"])


async def test_what_is_below_the_least_severity_still_counts(scans):
    result = await scans("dns", severity_min="high")

    assert {finding["severity"] for finding in result["findings"]} == {"high"}
    assert result["summary"]["total"] > result["summary"]["listed"] == 1
    assert result["score"] == (await scans("dns"))["score"]


@pytest.mark.parametrize(("fail_on", "failed"), [("critical", False), ("high", True)])
async def test_a_policy_is_told_and_the_job_succeeds(scans, fail_on, failed):
    result = await scans("dns", fail_on=fail_on)

    assert result["failed_policy"] is failed
    assert any("policy failed" in warning for warning in result["warnings"]) is failed


async def test_the_artifact_is_sarif(scans):
    result = await scans("secrets", "password = 'hunter2-hunter2'\n", path="a b/app.ini")

    sarif = msgspec.json.decode(scans.ctx.artifacts["findings.sarif"].read_bytes())
    run = sarif["runs"][0]
    assert sarif["version"] == "2.1.0"
    assert run["tool"]["driver"]["rules"][0]["id"] == run["results"][0]["ruleId"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "a%20b/app.ini"}, "region": {"startLine": 1},
    }  # fmt: skip
    assert run["results"][0]["partialFingerprints"] == {"taskforge/v1": result["findings"][0]["id"]}


async def test_a_check_that_takes_too_long_does_not_stop_the_others(scans, listen):
    await scans.reach("127.0.0.1")
    asked = []

    async def answer(reader, writer):
        request = await reader.readuntil(b"\r\n\r\n")
        asked.append(request)
        if b"origin:" in request.lower():
            await reader.read()  # for ever
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()

    async with listen(answer) as port:
        result = await scans("headers", f"http://127.0.0.1:{port}/", timeout_s=1)

    assert [skipped["check"] for skipped in result["skipped"]] == ["foreign origin"]
    assert result["findings"]
    assert any("skipped" in warning for warning in result["warnings"])
    again = (await scans("dns"))["comparison"]
    assert again["complete"]


async def test_a_scan_with_no_answer_at_all_fails_with_the_first_reason(scans):
    scans.ctx.deadline = scans.ctx.deadline.replace(year=2020)

    with pytest.raises(JobTimeout):
        await scans("dns")


async def test_cancelling_a_request_that_hangs_takes_under_a_second(scans, listen):
    await scans.reach("127.0.0.1")
    arrived = asyncio.Event()

    async def answer(reader, writer):
        arrived.set()
        await reader.read()

    async with listen(answer) as port:
        task = asyncio.create_task(scans("headers", f"http://127.0.0.1:{port}/"))
        async with asyncio.timeout(10):
            await arrived.wait()
        before = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - before < 1


async def test_a_flood_of_findings_is_cut_with_a_warning(scans):
    text = "\n".join(f"password_{n} = 'hunter{n}-hunter{n}'" for n in range(1_500))

    result = await scans("secrets", text, path="flood.ini")

    assert len(msgspec.json.encode(result)) <= MAX_BYTES
    assert result["summary"]["total"] == 1_000
    assert result["summary"]["listed"] == len(result["findings"]) <= 300
    assert len(result["warnings"]) >= 2
    assert len(scans.ctx.memory) == 1
    assert all(len(kept) <= 65_536 for kept in scans.ctx.memory.values())
