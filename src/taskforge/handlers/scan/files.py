"""Texts out of a file or an archive, within limits; runs in the sandbox (S-34).

An archive is read, never unpacked: an entry's name is a label and no path of ours. One that tries
to be a path, or a link, makes the whole archive suspect and is refused.
"""

import bz2
import gzip
import io
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple, cast

import msgspec

from taskforge.core.failures import InvalidInput
from taskforge.core.plain import plain_text
from taskforge.handlers.scan.finding import Skipped

MAX_ENTRIES = 1_000
MAX_RATIO = 100
RATIO_FLOOR = 1024 * 1024
"""Bytes below which no ratio is suspect: short texts may well repeat themselves."""
MAX_BYTES = 64 * 1024 * 1024
"""Of all entries of an archive, unpacked."""
MAX_FILE_BYTES = 2 * 1024 * 1024
NAME_LIMIT = 250
MAX_SKIPPED = 50
"""How many are named; the rest is counted."""

_DRIVE = re.compile(r"[A-Za-z]:|[/\\]")
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What to read: a text, or a file and which part of it."""

    name: str
    """What a single text is called."""
    text: str | None = None
    path: str | None = None
    """Of a file that the child may read."""
    only: str = ""
    """Of an archive: the folder or file to read; empty for all."""


class Text(NamedTuple):
    """One file's text."""

    name: str
    text: str


class Texts(NamedTuple):
    """What was read."""

    texts: list[Text]
    skipped: list[Skipped]


def read_texts(source: Source) -> Texts:
    """Read all texts of a source.

    Raises:
        InvalidInput: an archive that is malformed, too large, or tries to leave its place; or
            nothing that could be read.
    """
    if source.path is None:
        return Texts([Text(source.name, source.text or "")], [])
    path = Path(source.path)
    try:
        entries = list(_entries(path, source))
    except MemoryError as error:
        raise InvalidInput("The file needs too much memory to be read.") from error
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, lzma.LZMAError, zlib.error,
            NotImplementedError, RuntimeError, ValueError) as error:  # fmt: skip
        raise InvalidInput(f"The archive cannot be read: {str(error)[:200]}") from error
    texts = [each for each in entries if isinstance(each, Text)]
    skipped = [each for each in entries if isinstance(each, Skipped)]
    if not texts:
        raise InvalidInput("There is no text to scan in it" + _why(skipped))
    more = len(skipped) - MAX_SKIPPED
    if more > 0:
        skipped[MAX_SKIPPED:] = [Skipped(check="files", reason=f"{more} more were not read")]
    return Texts(texts, skipped)


def _why(skipped: list[Skipped]) -> str:
    return f": {skipped[0].check}: {skipped[0].reason}." if skipped else "."


def _entries(path: Path, source: Source) -> Iterator[Text | Skipped]:
    with path.open("rb") as file:
        head = file.read(512)
        file.seek(0)
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            yield from _from_zip(file, path.stat().st_size, source.only)
        elif (stream := _unpacked(file, head)) is not None:
            capped = _Capped(stream, min(MAX_BYTES, max(
                path.stat().st_size * MAX_RATIO, RATIO_FLOOR)))  # fmt: skip
            yield from _from_tar(capped, source.only)
        else:
            yield _text(source.name, file.read(MAX_FILE_BYTES + 1))


def _unpacked(file: BinaryIO, head: bytes) -> BinaryIO | None:
    """The tar stream in a file; None when it is no archive."""
    if head.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=file))
    if head.startswith(b"BZh"):
        return cast(BinaryIO, bz2.BZ2File(file))
    if head.startswith(b"\xfd7zXZ\x00"):
        return cast(BinaryIO, lzma.LZMAFile(file))
    return file if head[257:262] == b"ustar" else None


class _Capped(io.RawIOBase):
    """A stream that refuses to give more than it may."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise InvalidInput(
                f"The archive unpacks to more than {MAX_RATIO} times its size, or to more than"
                f" {MAX_BYTES >> 20} MiB; it was not read further."
            )
        return data


def _from_zip(file: BinaryIO, size: int, only: str) -> Iterator[Text | Skipped]:
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        _check_count(len(infos))
        total = sum(info.file_size for info in infos)
        if total > MAX_BYTES or total > max(size * MAX_RATIO, RATIO_FLOOR):
            raise InvalidInput(
                f"The archive unpacks to {total:,} bytes; at most {MAX_BYTES >> 20} MiB and"
                f" {MAX_RATIO} times its own size are read."
            )
        for info in infos:
            _check_name(info.filename)
            if stat.S_ISLNK(info.external_attr >> 16):
                raise _refused(info.filename, "a link")
        for info in infos:
            if info.is_dir() or not _wanted(info.filename, only):
                continue
            if info.flag_bits & 1:
                yield Skipped(check=plain_text(info.filename, NAME_LIMIT), reason="it is encrypted")
                continue
            with archive.open(info) as entry:
                yield _text(info.filename, entry.read(MAX_FILE_BYTES + 1))


def _from_tar(stream: _Capped, only: str) -> Iterator[Text | Skipped]:
    # As a stream: members are seen in order, and nothing of it is sought or kept.
    with tarfile.open(fileobj=cast(Any, stream), mode="r|") as archive:
        for count, member in enumerate(archive, 1):
            _check_count(count)
            _check_name(member.name)
            if member.issym() or member.islnk():
                raise _refused(member.name, "a link")
            if not (member.isreg() or member.isdir()):
                raise _refused(member.name, "neither a file nor a folder")
            entry = archive.extractfile(member) if _wanted(member.name, only) else None
            if entry is not None:
                yield _text(member.name, entry.read(MAX_FILE_BYTES + 1))


def _check_count(count: int) -> None:
    if count > MAX_ENTRIES:
        raise InvalidInput(f"The archive has more than {MAX_ENTRIES:,} entries.")


def _check_name(name: str) -> None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not name or _DRIVE.match(name) or ".." in parts or "\0" in name:
        raise _refused(name, "a path that leads out of the archive")


def _refused(name: str, what: str) -> InvalidInput:
    return InvalidInput(f"The archive was refused: {name[:200]!r} is {what}.")


def _wanted(name: str, only: str) -> bool:
    folder = only.strip("/")
    clean = name.removeprefix("./")
    return not folder or clean == folder or clean.startswith(f"{folder}/")


def _text(name: str, data: bytes) -> Text | Skipped:
    name = plain_text(name, NAME_LIMIT)
    if len(data) > MAX_FILE_BYTES:
        return Skipped(check=name, reason=f"it is larger than {MAX_FILE_BYTES >> 20} MiB")
    if data.startswith(_ARCHIVES):
        return Skipped(check=name, reason="it is an archive inside an archive")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Text(name, data.decode("utf-16", errors="replace"))
    if b"\0" in data:
        return Skipped(check=name, reason="it is no text")
    return Text(name, data.decode("utf-8-sig", errors="replace"))
