"""What an uploaded file is called, and what is in it: by its name, and then by its bytes."""

import codecs
import unicodedata
import zlib
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from taskforge.core.errors import Invalid

NAME_LIMIT = 200
"""Characters of a file name that are kept."""
NO_NAME = "upload"
_HEAD = 1_024
"""Bytes that tell one format from another."""


class Format(StrEnum):
    """What uploads may be."""

    CSV = "csv"
    TSV = "tsv"
    NDJSON = "ndjson"
    JSON = "json"
    PARQUET = "parquet"
    TEXT = "text"
    ZIP = "zip"
    TAR_GZ = "tar.gz"


_BY_SUFFIX: Final = {
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".tab": Format.TSV,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
    ".json": Format.JSON,
    ".parquet": Format.PARQUET,
    ".txt": Format.TEXT,
    ".zip": Format.ZIP,
    ".tgz": Format.TAR_GZ,
}
_BY_MEDIA_TYPE: Final = {
    "text/csv": Format.CSV,
    "text/tab-separated-values": Format.TSV,
    "application/x-ndjson": Format.NDJSON,
    "application/ndjson": Format.NDJSON,
    "application/jsonl": Format.NDJSON,
    "application/json": Format.JSON,
    "application/vnd.apache.parquet": Format.PARQUET,
    "application/zip": Format.ZIP,
}
_BINARY: Final = {Format.PARQUET, Format.ZIP, Format.TAR_GZ}
_JSON: Final = {Format.JSON, Format.NDJSON}
_PARQUET: Final = b"PAR1"
_MARKS: Final = {
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def clean_name(name: str) -> str:
    """What a client called a file, as one plain line without folders; `upload` if nothing is left.

    Control characters, and those that turn the direction of writing, are taken out.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    plain = unicodedata.normalize("NFC", " ".join(kept.split())).strip(". ")
    if len(plain) > NAME_LIMIT:
        suffix = PurePosixPath(plain).suffix[:20]
        plain = plain[: NAME_LIMIT - len(suffix)] + suffix
    return plain or NO_NAME


def format_named(name: str, media_type: str) -> Format | None:
    """The format that a file's name, or else its media type, stands for; None if neither does."""
    if name.lower().endswith(".tar.gz"):
        return Format.TAR_GZ
    by_name = _BY_SUFFIX.get(PurePosixPath(name.lower()).suffix)
    return by_name or _BY_MEDIA_TYPE.get(media_type.partition(";")[0].strip().lower())


class Inspection:
    """Looks at a file as it arrives, and holds none of it.

    Args:
        named: what it says it is; None lets the content decide.
    """

    def __init__(self, named: Format | None) -> None:
        self._named = named
        self._format: Format | None = None
        self._head = b""
        self._tail = b""
        self._decoder: codecs.IncrementalDecoder | None = None
        self._begun = False

    def feed(self, data: bytes) -> None:
        """Look at the next bytes.

        Raises:
            Invalid: the file is not what it says.
        """
        if self._format is None:
            self._head += data
            if len(self._head) < _HEAD:
                return
            self._decide()
        elif self._format is Format.PARQUET:
            self._tail = (self._tail + data)[-len(_PARQUET) :]
        else:
            self._read(data)

    def finish(self) -> Format:
        """The format of the whole file.

        Raises:
            Invalid: it is empty, or not what it says.
        """
        if self._format is None and not self._head:
            raise Invalid("The file is empty.", code="empty_file")
        decided = self._format or self._decide()
        if decided is Format.PARQUET and self._tail != _PARQUET:
            raise _refused("a Parquet file ends with PAR1; this one may have been cut off")
        self._read(b"", final=True)
        if decided in _JSON and not self._begun:
            raise _refused("there is no JSON in it")
        return decided

    def _decide(self) -> Format:
        found = _binary_format(self._head)
        if self._named is None:
            self._format = found or Format.TEXT
        elif self._named is found or (found is None and self._named not in _BINARY):
            self._format = self._named
        else:
            seen = f"begins like {found.value}" if found else "does not begin like that"
            raise _refused(f"it should be {self._named.value}, and {seen}")
        if self._format is Format.PARQUET:
            self._tail = self._head[len(_PARQUET) :][-len(_PARQUET) :]
        elif self._format not in _BINARY:
            encoding = _MARKS.get(self._head[:2], "utf-8-sig")
            self._decoder = codecs.getincrementaldecoder(encoding)()
            self._read(self._head)
        self._head = b""
        return self._format

    def _read(self, data: bytes, *, final: bool = False) -> None:
        if self._decoder is None:
            return
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError as error:
            raise _refused("text must be UTF-8, or UTF-16 with its byte order mark") from error
        if "\0" in text:
            raise _refused("text must not have NUL characters; UTF-16 needs its byte order mark")
        if not self._begun:
            self._begin(text.lstrip())

    def _begin(self, text: str) -> None:
        self._begun = bool(text)
        if text and self._format in _JSON and text[0] not in "[{":
            raise _refused("JSON here begins with { or [")


def _binary_format(head: bytes) -> Format | None:
    if head.startswith(_PARQUET):
        return Format.PARQUET
    if head.startswith(b"PK\x03\x04"):
        return Format.ZIP
    if head.startswith(b"\x1f\x8b"):
        try:
            unpacked = zlib.decompressobj(wbits=31).decompress(head, 512)
        except zlib.error:
            unpacked = b""
        if unpacked[257:262] != b"ustar":
            raise _refused("of gzip, only tar.gz is taken; unpack it first")
        return Format.TAR_GZ
    return None


def _refused(why: str) -> Invalid:
    return Invalid(f"The file cannot be taken: {why}.", code="bad_file")
