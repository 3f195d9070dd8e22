import asyncio
import os
import signal
import sys
from pathlib import Path

import msgspec
import pytest

from support.children import Reports, children, run, started
from taskforge.core.failures import InvalidInput, JobError, JobTimeout, RateLimited, SandboxDied
from taskforge.core.sandbox import SandboxLimits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


async def test_a_function_gets_its_arguments_and_gives_its_result(deeds):
    class Point(msgspec.Struct):
        x: int
        y: str

    assert await run(deeds.add, 2, 40) == 42
    assert await run("deeds:echo", [Point(1, "é"), None, 1.5]) == [{"x": 1, "y": "é"}, None, 1.5]


async def test_the_last_report_arrives_however_many_there_are():
    reports = Reports()

    await run("deeds:tell", 100_000, on_report=reports)

    assert reports[-1].current == 100_000
    assert reports[-1].stage == "telling"
    assert len(reports) < 500


async def test_a_report_before_a_long_silence_is_seen_during_it():
    second = asyncio.Event()

    def look(progress):
        if progress.stage == "second":
            second.set()

    task = asyncio.create_task(run("deeds:fall_silent", on_report=look))
    async with asyncio.timeout(20):
        await second.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_reports_may_be_awaited():
    seen = []

    async def slow(progress):
        await asyncio.sleep(0)
        seen.append(progress.current)

    await run("deeds:tell", 3, on_report=slow)

    assert seen[-1] == 3


async def test_what_the_function_prints_does_not_reach_the_answer():
    assert await run("deeds:chatter") == "clean"


async def test_the_child_sees_none_of_our_secrets_and_has_a_place_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "s3cret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://nowhere")

    seen = await run("deeds:look")

    own = {"HOME", "LANG", "LD_LIBRARY_PATH", "MALLOC_ARENA_MAX", "PATH", "PYTHONPATH", "TMPDIR"}
    assert set(seen["env"]) <= own | {"TZ", "LC_CTYPE"}
    assert Path(seen["cwd"]).parent == tmp_path
    assert seen["listing"] == []
    assert seen["session"] == seen["pid"]
    assert seen["nice"] >= 10
    assert seen["files"] == 256
    assert seen["core"] == 0


async def test_its_folder_is_gone_afterwards(tmp_path):
    await run("deeds:leave_a_file")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "function",
    [
        lambda report: 1,
        Reports.__call__,
        "deeds",
        "deeds:",
        "deeds:add.inner",
        "no_such_module_at_all:add",
        "no_such_package.module:add",
        "__main__:main",
        "os;x:add",
        "",
    ],
)
async def test_what_a_new_process_cannot_import_is_refused_before_it_starts(function):
    before = children()

    with pytest.raises(ValueError, match="importable module"):
        await run(function)

    assert children() == before


async def test_arguments_that_are_not_json_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        await run("deeds:echo", object())


async def test_a_name_that_the_module_lacks_is_an_error_of_the_job():
    with pytest.raises(JobError, match=r"AttributeError.*no_such_function"):
        await run("deeds:no_such_function")


async def test_errors_of_the_family_keep_class_message_and_data(deeds):
    with pytest.raises(InvalidInput, match=r"^no \ufffd such \? thing(\n|$)"):
        await run("deeds:refuse")
    with pytest.raises(RateLimited, match=r"^later(\n|$)") as patience:
        await run("deeds:ask_for_patience")
    with pytest.raises(deeds.OddError, match=r"^a plug-in's error arrives(\n|$)") as odd:
        await run("deeds:fail_oddly")

    assert patience.value.retry_after == 12.5
    assert odd.value.subject == "a plug-in's error"


async def test_any_other_exception_is_named_and_keeps_its_trace():
    with pytest.raises(JobError, match=r"^ZeroDivisionError: division by zero(\n|$)") as caught:
        await run("deeds:divide", 0)

    assert "return 1 / by" in caught.value.__notes__[0]


@pytest.mark.parametrize("answer", ["answer_with_a_set_of_objects", "answer_deeply"])
async def test_an_answer_that_is_not_json_is_an_error_of_the_job(answer):
    with pytest.raises(JobError, match="cannot be handed over"):
        await run(f"deeds:{answer}")


async def test_an_answer_beyond_the_limit_is_refused_with_both_figures():
    with pytest.raises(JobError, match=r"20\.0 MiB, and at most 16 MiB"):
        await run("deeds:echo", "x" * (20 << 20))


async def test_a_large_answer_within_the_limit_arrives():
    text = "x" * (15 << 20)

    assert await run("deeds:echo", text) == text


async def test_memory_is_limited_and_the_error_says_so():
    assert await run("deeds:hoard", 200) == 200 << 20
    with pytest.raises(SandboxDied, match="256 MiB"):
        await run("deeds:hoard", 260)


async def test_the_size_of_a_file_is_limited():
    with pytest.raises(JobError, match=r"OSError.*File too large"):
        await run("deeds:write_much", 3, limits=SandboxLimits(file_mb=2))


@pytest.mark.parametrize("function", ["deeds:burn", "deeds:burn_in_c"])
async def test_processor_time_is_limited(function):
    with pytest.raises(JobTimeout, match="1 s of processor time"):
        await run(function, limits=SandboxLimits(cpu_seconds=1))


async def test_wall_time_is_limited():
    with pytest.raises(JobTimeout, match=r"0\.5 s"):
        await run("deeds:sleep", 60, limits=SandboxLimits(seconds=0.5))


async def test_a_crash_is_told_with_its_signal_and_the_last_words():
    with pytest.raises(SandboxDied, match="SIGSEGV") as caught:
        await run("deeds:crash")

    assert "about to crash" in caught.value.__notes__[0]


async def test_a_child_that_leaves_without_an_answer_has_died():
    with pytest.raises(SandboxDied, match="code 3"):
        await run("deeds:leave", 3)


async def test_a_child_that_closes_its_end_has_died_even_if_it_lingers():
    with pytest.raises(SandboxDied, match="closed its end"):
        await run("deeds:close_the_channel")


async def test_a_forged_frame_is_not_believed():
    with pytest.raises(SandboxDied, match="broke its protocol"):
        await run("deeds:forge")


async def test_a_child_killed_by_the_system_has_died():
    task, report = await started("deeds:sleep", 60)

    os.kill(int(report.message), signal.SIGKILL)

    with pytest.raises(SandboxDied, match=r"SIGKILL.*256 MiB"):
        await task
