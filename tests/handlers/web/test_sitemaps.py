import gzip
import tracemalloc
import zlib

import msgspec
import pytest

from taskforge.handlers.web.payload import WebPayload
from taskforge.handlers.web.records import MAX_ADDRESSES, Sitemap
from taskforge.handlers.web.scope import Boundary
from taskforge.handlers.web.sitemaps import read_sitemap

NAMED = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def read(body):
    boundary = Boundary(msgspec.convert({"url": "http://a.example/"}, WebPayload))
    body = body if isinstance(body, bytes) else body.encode()
    return read_sitemap(Sitemap(url="http://a.example/sitemap.xml", body=body), boundary)


def urlset(*paths):
    urls = "".join(
        f"<url><loc> http://a.example{p} </loc><lastmod>x</lastmod></url>" for p in paths
    )
    return f'<?xml version="1.0"?><urlset {NAMED}>{urls}</urlset>'


@pytest.mark.parametrize("packed", [str.encode, lambda text: gzip.compress(text.encode())])
def test_the_addresses_within_the_scope_are_found(packed):
    text = urlset("/a", "/b?x=1", "/a").replace(
        "</urlset>", "<url><loc>http://b/</loc></url></urlset>"
    )

    assert read(packed(text)).links == ["http://a.example/a", "http://a.example/b?x=1"]


def test_an_index_names_further_sitemaps():
    reading = read(f"<sitemapindex {NAMED}><sitemap><loc>/s1.xml</loc></sitemap></sitemapindex>")

    assert (reading.links, reading.further) == ([], ["http://a.example/s1.xml"])


def test_a_plain_list_counts():
    assert read("http://a.example/a\n\nhttp://b/\nnope\n").links == ["http://a.example/a"]


def test_what_comes_before_a_fault_is_kept():
    reading = read(urlset("/a", "/b")[:-30])

    assert reading.links == ["http://a.example/a", "http://a.example/b"]
    assert read("<urlset><url><loc>/a</loc></url><broken").links == ["http://a.example/a"]
    assert "cannot be read" in read("<urlset><url><loc>/a</url>").error


def test_addresses_have_a_limit():
    reading = read(urlset(*(f"/{n}" for n in range(MAX_ADDRESSES + 50))))

    assert len(reading.links) == MAX_ADDRESSES
    assert "10,000" in reading.notes[0]


def test_a_bomb_is_left_packed():
    packer = zlib.compressobj(wbits=31)
    bomb = (
        packer.compress(b"<urlset>" + (b"<url>" + b" " * 989 + b"</url>") * 44_000) + packer.flush()
    )
    tracemalloc.start()

    reading = read(bomb)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "far more than it should" in reading.error
    assert peak < 20_000_000


def test_entities_are_not_read():
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
    reading = read(
        f"<!DOCTYPE a [<!ENTITY l0 'http://a.example/l'>{laughs}]>"
        "<urlset><url><loc>&l11;</loc></url><url><loc>/a</loc></url></urlset>"
    )

    assert set(reading.links) <= {"http://a.example/a", "http://a.example/sitemap.xml"}
