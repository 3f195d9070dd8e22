import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable

import msgspec
import pytest

from taskforge.core.failures import InvalidInput
from taskforge.handlers.scan.files import MAX_ENTRIES, Source, read_texts


def zipped(entries, mode=stat.S_IFREG | 0o644, kind=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = kind
            archive.writestr(info, content)
    return buffer.getvalue()


def tarred(*members, pack: Callable[[bytes], bytes] = bytes):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content, kind in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            info.linkname = "target" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            archive.addfile(info, io.BytesIO(content))
    return pack(buffer.getvalue())


def file(name, content=b"text"):
    return (name, content, tarfile.REGTYPE)


@pytest.fixture
def read(tmp_path):
    def read(content, **options):
        path = tmp_path / "upload"
        path.write_bytes(content)
        return read_texts(Source(name="upload.txt", path=str(path), **options))

    return read


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_a_tar_is_read_whatever_packs_it(read, pack):
    texts, skipped = read(tarred(file("a/b.txt", "é".encode()), file("c", b"x\0y"), pack=pack))

    assert [tuple(each) for each in texts] == [("a/b.txt", "é")]
    assert [each.check for each in skipped] == ["c"]


def test_a_zip_is_read_and_what_is_no_text_is_skipped(read):
    inner = zipped({"x": "y"})
    texts, skipped = read(zipped({"a.py": "pass", "b.zip": inner, "c/": "", "d": b"\x00"}))

    assert [each.name for each in texts] == ["a.py"]
    assert {each.check: each.reason for each in skipped} == {
        "b.zip": "it is an archive inside an archive", "d": "it is no text",
    }  # fmt: skip


def test_a_folder_of_an_archive_can_be_asked_for(read):
    texts, _ = read(zipped({"src/a.py": "1", "srcs/b.py": "2", "c.py": "3"}), only="src")

    assert [each.name for each in texts] == ["src/a.py"]


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "a/../../b", "C:\\evil", "..\\b", "\\b"]
)
@pytest.mark.parametrize(
    "make", [lambda name: zipped({name: "x"}), lambda name: tarred(file(name))]
)
def test_an_entry_that_leads_out_refuses_the_archive(read, name, make):
    with pytest.raises(InvalidInput, match="leads out of the archive"):
        read(make(name))


@pytest.mark.parametrize(
    "content",
    [
        tarred(file("ok"), ("link", b"", tarfile.SYMTYPE)),
        tarred(file("ok"), ("link", b"", tarfile.LNKTYPE)),
        zipped({"link": "target"}, mode=stat.S_IFLNK | 0o777),
    ],
    ids=["symbolic", "hard", "zip"],
)
def test_a_link_refuses_the_archive(read, content):
    with pytest.raises(InvalidInput, match="is a link"):
        read(content)


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_device_refuses_the_archive(read, kind):
    with pytest.raises(InvalidInput, match="neither a file nor a folder"):
        read(tarred(("device", b"", kind)))


@pytest.mark.parametrize(
    "content",
    [
        zipped({f"{n}": b"\0" * 4_000_000 for n in range(4)}),
        tarred(*(file(f"{n}", b"\0" * 4_000_000) for n in range(4)), pack=gzip.compress),
        tarred(*(file(f"{n}", b"\0" * 4_000_000) for n in range(4)), pack=lzma.compress),
    ],
    ids=["zip", "gzip", "xz"],
)
def test_a_bomb_is_refused(read, content):
    with pytest.raises(InvalidInput, match="unpacks to"):
        read(content)


@pytest.mark.parametrize(
    "content",
    [zipped(dict.fromkeys(map(str, range(MAX_ENTRIES + 1)), "")),
     tarred(*(file(str(n), b"") for n in range(MAX_ENTRIES + 1)))],
    ids=["zip", "tar"],
)  # fmt: skip
def test_too_many_entries_are_refused(read, content):
    with pytest.raises(InvalidInput, match="more than 1,000 entries"):
        read(content)


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04 cut off", b"\x1f\x8b\x08\x00 rubbish", gzip.compress(b"no tar"),
     zipped({"a": "b" * 1000})[:-30], tarred(file("a", b"x" * 2000), pack=gzip.compress)[:80],
     b"\xfd7zXZ\x00\x00\x04rubbish"],
)  # fmt: skip
def test_a_broken_archive_says_so(read, content):
    with pytest.raises(InvalidInput, match=r"cannot be read|no text"):
        read(content)


def test_a_single_large_file_is_told(read):
    with pytest.raises(InvalidInput, match="larger than 2 MiB"):
        read(b"x" * 3_000_000)


def test_utf_16_is_read(read):
    texts, _ = read("día".encode("utf-16"))

    assert texts[0].text == "día"


def test_a_name_that_is_no_text_is_made_one(read):
    content = tarred(file("caf" + "\udcff" + ".txt"), file("b\udcff", b"\0"))

    texts, skipped = read(content)

    assert msgspec.json.encode([texts, skipped])
