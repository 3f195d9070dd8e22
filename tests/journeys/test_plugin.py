"""Job types that are not ours: a package, a single file, and a file that is broken."""

import hashlib
import os
import site
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent / "plugin"
INSTALL_SECONDS = 120
PAYLOAD = {"text": "To be, or not\nto be", "top": 2}
WORDS = b"word,times\r\nto,2\r\nbe,2\r\nor,1\r\nnot,1\r\n"
SHOUT = textwrap.dedent('''
    """The smallest job type."""

    from taskforge.handlers.base import Context, Payload, job_type


    class Shout(Payload, frozen=True):
        """What to shout."""

        text: str


    @job_type("shout", Shout, title="Shout", examples=[{"text": "hello"}])
    async def shout(ask: Shout, ctx: Context) -> dict[str, str]:
        """Repeat a text in capitals."""
        return {"text": ask.text.upper()}
''')


@pytest.fixture
def interpreter(tmp_path):
    """A fresh environment with the package installed, as pip does it; it sees ours beside."""
    home = tmp_path / "venv"
    python = str(home / "bin" / "python")
    here = [sys.executable, "-m"]
    wheels = tmp_path / "wheels"
    execute([*here, "hatchling", "build", "--target", "wheel", "--directory", str(wheels)], PLUGIN)
    execute([*here, "venv", str(home)], tmp_path)
    (wheel,) = wheels.iterdir()
    pip = [python, "-m", "pip", "install", "--no-index", "--no-deps", "--quiet"]
    execute([*pip, "--disable-pip-version-check", str(wheel)], tmp_path)
    (packages,) = home.glob("lib/python*/site-packages")
    ours = "".join(f"import site; site.addsitedir({one!r})\n" for one in site.getsitepackages())
    (packages / "ours.pth").write_text(ours)
    return python


@pytest.fixture
def further_settings(tmp_path):
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "shouting.py").write_text(SHOUT)
    (modules / "broken.py").write_text("raise SystemExit('no licence')")
    return {"TASKFORGE_JOB_MODULES": "shouting,broken", "PYTHONPATH": str(modules)}


def execute(line, folder):
    done = subprocess.run(  # noqa: S603 - ours
        line,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr


async def finished(client, **order):
    made = await client.post("/jobs", json=order)
    assert made.status_code == 201, made.text
    return (await client.get(f"/jobs/{made.json()['id']}?wait=30")).json()


async def test_job_types_of_others_work_like_ours(stack, operator, process_environment):
    await it_is_described(operator)
    await it_is_checked(operator)
    await it_runs(operator, Path(process_environment["ARTIFACTS_DIR"]))
    await it_fails_for_good(operator)
    await a_single_file_is_enough(operator)
    await a_broken_one_is_listed_and_stops_nothing(operator)
    await the_command_line_knows_it(stack, operator)


async def it_is_described(operator):
    told = (await operator.get("/job-types/word_count")).json()

    assert (told["title"], told["icon"], told["viewer"]) == ("Word count", "whole-word", "table")
    assert told["limits"] == {
        "timeout_seconds": 60, "max_retries": 1, "concurrency": 2, "retry": None,
    }  # fmt: skip
    fields = told["payload_schema"]["$defs"]["Text"]["properties"]
    assert fields["text"]["description"] == "Upper and lower case count as the same."
    assert (fields["top"]["minimum"], fields["top"]["maximum"]) == (1, 100)
    assert set(told["result_schema"]["$defs"]["Counted"]["required"]) == {"stats", "top"}
    description = operator.base_url.copy_with(path="/api/openapi.json")
    schemas = (await operator.get(description)).json()["components"]["schemas"]
    assert {"word_count", "shout"} < set(schemas["JobOrder"]["discriminator"]["mapping"])
    assert schemas["WordCountPayload"]["properties"].keys() == fields.keys()


async def it_is_checked(operator):
    tried = (await operator.post("/job-types/word_count/check", json={"payload": PAYLOAD})).json()
    refused = await operator.post("/jobs", json={"type": "word_count", "payload": {"top": 0}})

    assert tried["summary"] == "the 2 most frequent words of 19 characters"
    assert tried["estimate"] == {"seconds": 0.1, "note": "2 lines"}
    assert (tried["priority"], tried["max_retries"]) == ("low", 1)
    assert refused.status_code == 422
    assert [it["pointer"] for it in refused.json()["errors"]] == ["/payload/text"]


async def it_runs(operator, artifacts):
    job = await finished(operator, type="word_count", payload=PAYLOAD)

    assert (job["status"], job["priority"]) == ("success", "low")
    assert job["result"]["top"] == {"to": 2, "be": 2}
    assert job["result"]["stats"] == {"lines": 2, "words": 6, "different": 4}
    assert (job["progress"]["percent"], job["progress"]["stage"]) == (100, "counting")
    assert [line["message"] for line in job["logs"]] == ["words counted"]
    (file,) = job["artifacts"]
    assert (file["name"], file["media_type"]) == ("words.csv", "text/csv")
    assert file["sha256"] == hashlib.sha256(WORDS).hexdigest()
    assert WORDS in [path.read_bytes() for path in artifacts.rglob("*") if path.is_file()]


async def it_fails_for_good(operator):
    job = await finished(operator, type="word_count", payload={"text": "?!"})

    assert (job["status"], job["attempt"]) == ("failed", 1)
    assert job["error"]["class"] == "invalid_input"
    assert "has no words" in job["error"]["message"]


async def a_single_file_is_enough(operator):
    job = await finished(operator, type="shout", payload={"text": "hey"})

    assert (job["status"], job["result"]) == ("success", {"text": "HEY"})


async def a_broken_one_is_listed_and_stops_nothing(operator):
    listed = (await operator.get("/job-types")).json()
    refused = await operator.post("/jobs", json={"type": "licensed", "payload": {}})

    assert {"data_processing", "shout", "word_count"} <= {it["name"] for it in listed["items"]}
    assert listed["unavailable"] == [
        {"source": "broken", "name": None, "reason": "SystemExit: no licence"}
    ]
    assert refused.status_code == 422
    assert "could not be loaded: broken." in refused.json()["detail"]


async def the_command_line_knows_it(stack, operator):
    token = operator.headers["Authorization"].removeprefix("Bearer ")
    credentials = {"TASKFORGE_URL": stack.urls[0], "TASKFORGE_TOKEN": token}

    shown = await stack.command("types", "word_count", **credentials)

    assert shown.code == 0, shown.stderr
    assert "How many words to answer with" in shown.stdout
