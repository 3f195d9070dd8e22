"""What a file is called and what is in it, whatever pieces it comes in."""

import gzip
import io
import tarfile
import zipfile

import pytest

from taskforge.core.errors import Invalid
from taskforge.core.formats import NAME_LIMIT, Inspection, clean_name, format_named

CSV = b"region,amount\nnorth,1\n"


def tar_gz():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return packed.getvalue()


def zipped():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "hello")
    return packed.getvalue()


def inspected(name, content, size):
    inspection = Inspection(format_named(name, ""))
    for start in range(0, len(content), size):
        inspection.feed(content[start : start + size])
    return inspection.finish()


@pytest.mark.parametrize("size", [1, 1_000_000])
@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("a.tsv", b"a\tb\n1\t2\n", "tsv"),
        ("a.ndjson", b'\n{"a":1}\n{"a":2}\n', "ndjson"),
        ("a.JSONL", b'{"a":1}', "ndjson"),
        ("a.json", b'\xef\xbb\xbf[{"a":1}]', "json"),
        ("a.parquet", b"PAR1" + b"\0" * 5_000 + b"PAR1", "parquet"),
        ("a.zip", zipped(), "zip"),
        ("a.tar.gz", tar_gz(), "tar.gz"),
        ("requirements.txt", b"litestar==2.25\n", "text"),
        ("settings.py", "KEY = 'ä'\n".encode() * 100, "text"),
        ("wide.csv", "a,b\n1,ä\n".encode("utf-16"), "csv"),
        ("no suffix", zipped(), "zip"),
        ("no suffix", b"plain", "text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_name_tells_the_format_and_the_content_agrees(name, content, format, size):
    assert inspected(name, content, size) == format


@pytest.mark.parametrize("size", [1, 1_000_000])
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "empty"),
        ("a.parquet", b"a,b\n1,2\n", "should be parquet"),
        ("a.parquet", b"PAR1" + b"\0" * 5_000, "cut off"),
        ("a.parquet", b"PAR1", "cut off"),
        ("a.csv", zipped(), "begins like zip"),
        ("a.zip", CSV, "should be zip"),
        ("a.csv", b"a,b\n\0,1\n", "NUL"),
        ("a.csv", b"x" * 5_000 + b"\0", "NUL"),
        ("a.csv", b"\xff\xfe\0\0a\0\0\0", "NUL"),
        ("a.csv", b"caf\xe9\n", "UTF-8"),
        ("a.txt", b"x" * 5_000 + b"\xc3", "UTF-8"),
        ("a.json", b"hello", "begins with"),
        ("a.ndjson", b"  \n ", "no JSON"),
        ("a.csv.gz", gzip.compress(CSV), "only tar.gz"),
        ("a.tar.gz", b"\x1f\x8bnothing of the kind", "only tar.gz"),
        ("a.exe", b"MZ\x90\0\3", "UTF-8"),
    ],
    ids=range(16),
)
def test_what_is_not_what_it_says_is_refused(name, content, said, size):
    with pytest.raises(Invalid, match=said):
        inspected(name, content, size)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\data\\a.csv", "a.csv"),
        ("a\0b\r\n.csv", "ab.csv"),
        ("invoice\u202evsc.exe.csv", "invoicevsc.exe.csv"),
        ("x" * 10_000 + ".csv", "x" * 196 + ".csv"),
        ("..", "upload"),
        ("\u200b", "upload"),
        ("  many   spaces .csv ", "many spaces .csv"),
        ("e\u0301.csv", "\u00e9.csv"),
    ],
    ids=range(9),
)
def test_a_hostile_name_becomes_a_plain_one(given, kept):
    assert clean_name(given) == kept


def test_a_cut_name_keeps_its_suffix():
    kept = clean_name("x" * 10_000 + ".csv")

    assert (len(kept), kept[-5:]) == (NAME_LIMIT, "x.csv")


@pytest.mark.parametrize(
    ("name", "media_type", "format"),
    [
        ("data", "text/csv; charset=utf-8", "csv"),
        ("data.json", "text/csv", "json"),
        ("data", "application/x-www-form-urlencoded", None),
        ("data.unknown", "", None),
        (".csv", "", None),
    ],
)
def test_the_suffix_goes_before_the_media_type(name, media_type, format):
    assert format_named(name, media_type) == format
