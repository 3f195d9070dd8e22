import os

import msgspec
import pytest

from taskforge.handlers.web.articles import main_text
from taskforge.handlers.web.payload import WebPayload
from taskforge.handlers.web.reading import MAX_LINKS, MAX_ROWS, PageReader
from taskforge.handlers.web.records import Page
from taskforge.handlers.web.scope import Boundary

HERE = "http://a.example/dir/page"


def read(body, content_type="text/html", *, bare=False, **payload):
    ask = msgspec.convert({"url": "http://a.example/", **payload}, WebPayload)
    body = body.encode() if isinstance(body, str) else body
    page = Page(url=HERE, content_type=content_type, body=body, bare=bare)
    return PageReader(ask, Boundary(ask), main_text).read(page)


def field(body, **selector):
    reading = read(body, selectors={"f": selector})
    assert reading.fields is not None
    return reading.fields["f"]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"css": "p"}, "a b"),
        ({"css": "p", "many": True}, ["a b", "c"]),
        ({"css": "p::text"}, "a"),
        ({"css": "a::attr(href)"}, "../x?b=1&a=2#f"),
        ({"css": "a", "attr": "href", "type": "url"}, "http://a.example/x?a=2&b=1"),
        ({"css": "b", "type": "html"}, "<b>b</b>"),
        ({"css": "i", "type": "number"}, 1234.5),
        ({"css": "time", "attr": "datetime", "type": "date"}, "2026-02-01"),
        ({"xpath": "count(//p)"}, "2.0"),
        ({"xpath": "//p[2]"}, "c"),
        ({"css": "u"}, None),
        ({"css": "u", "many": True}, []),
        ({"css": "p", "type": "number"}, None),
        ({"css": "p", "type": "date"}, None),
    ],
)
def test_a_field_is_what_its_selector_and_type_make_of_the_page(selector, expected):
    body = (
        "<p> a\n <b>b</b><!-- x --></p><p>c</p><a href='../x?b=1&amp;a=2#f'>x</a><i>£1,234.50</i>"
        "<time datetime=2026-02-01>then</time>"
    )

    assert field(body, **selector) == expected


def test_a_field_takes_fifty_values_and_two_thousand_characters():
    assert len(field("<p>x</p>" * 60, css="p", many=True)) == 50
    assert len(field(f"<p>{'x' * 3_000}</p>", css="p")) == 2_000


@pytest.mark.parametrize(
    ("body", "content_type", "encoding", "title"),
    [
        ("<title>é</title>".encode("cp1252"), "text/html", "cp1252", "é"),
        ("<title>é".encode(), "text/html", "utf-8", "é"),
        ("<title>é".encode("cp1252"), "text/html; charset=latin-1", "cp1252", "é"),
        ("<title>é".encode("utf-16"), "text/html", "utf-16-le", "é"),
        ("<meta charset=koi8-r><title>д".encode("koi8-r"), "", "koi8-r", "д"),
        ("<title>é".encode(), "text/html; charset=none-such", "utf-8", "é"),
        (b"<title>a\0b", "text/html", "utf-8", "ab"),
        ("<title>é".encode()[:-1], "text/html", "utf-8", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_text_is_decoded_as_browsers_would(body, content_type, encoding, title):
    reading = read(body, content_type)

    assert (reading.encoding, reading.title) == (encoding, title)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "the page is empty"),
        (b" \n ", "the page is empty"),
        (b"<!-- x", "nothing in it parses"),
        (bytes(range(256)) * 10, "it is binary, whatever its content type says"),
        (os.urandom(10_000), "it is binary, whatever its content type says"),
    ],
)
def test_what_is_no_page_is_said_to_be_none(body, error):
    assert read(body).error == error


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 100_000,
        "<a href='" * 10_000,
        "<table>" * 5_000 + "<td>x",
        "<p x=" + "y" * 1_000_000,
        "&" * 500_000,
        "<![CDATA[" * 10_000,
    ],
    ids=["deep", "quotes", "tables", "attribute", "entities", "cdata"],
)
def test_broken_and_hostile_html_is_read_as_far_as_it_goes(body):
    reading = read(body, selectors={"f": {"css": "div", "many": True}})

    assert isinstance(reading.links, list)


def test_what_comes_after_the_end_of_the_document_is_read_too():
    assert field("<html><body></body></html><p>late</p>", css="p") == "late"


def test_links_stand_on_the_base_of_the_page():
    reading = read("<base href='/other/'><a href=x>x</a><a href='?q'>q</a>")

    assert reading.links == ["http://a.example/other/x", "http://a.example/other/?q="]


@pytest.mark.parametrize(
    "href",
    ["javascript:alert(1)", "mailto:a@b.c", "data:text/html,x", "http://u:p@a.example/", "tel:1",
     "http://[::1", "http://a.example:99999/", "http://a.example/" + "x" * 2_100],
)  # fmt: skip
def test_what_a_crawl_cannot_go_to_is_no_link(href):
    reading = read(f'<a href="{href}">x</a>')

    assert (reading.links, reading.external) == ([], [])


def test_links_that_ask_not_to_be_followed_are_not():
    marked = "<a rel='ugc NOFOLLOW' href=/a>x</a><a href=/b>x</a>"
    page = "<meta name=robots content='noindex, nofollow'><a href=/b>x</a>"

    assert read(marked).links == ["http://a.example/b"]
    assert read(page).links == []
    assert "nofollow" in read(page).notes[0]
    assert read(page, respect_robots=False).links == ["http://a.example/b"]


def test_a_page_of_links_is_read_to_a_limit():
    reading = read("".join(f"<a href=/{n}>x</a>" for n in range(3_000)))

    assert len(reading.links) == MAX_LINKS
    assert "first 1,000" in reading.notes[0]


def test_long_links_are_read_to_a_limit_too():
    reading = read("".join(f"<a href=/{'x' * 1_500}{n}>x</a>" for n in range(100)))

    assert 30 < len(reading.links) < 50


def test_items_are_read_to_a_limit():
    reading = read("<li>x" * 800, item="li", selectors={"t": {"xpath": "."}})

    assert len(reading.rows) == MAX_ROWS
    assert reading.notes == ["only 500 of its 800 items are read"]


def test_content_has_a_limit_of_bytes():
    reading = read(
        f"<li>{'x' * 1_900}" * 200, item="li", selectors={"t": {"xpath": "."}}, extract=["fields"]
    )

    assert 25 < len(reading.rows) < 35
    assert "more than 64,000 bytes" in reading.notes[0]


def test_meta_and_linked_data_are_taken_along_when_asked_for():
    body = (
        "<html lang=de><meta name=Description content=d><meta property='og:title' content=o>"
        "<link rel=canonical href=/c><script type='application/ld+json'>{\"a\": [1]}</script>"
        "<script type='application/ld+json'>{nope</script>"
    )

    reading = read(body, extract=["meta", "jsonld", "hash"])

    assert reading.meta == {
        "description": "d", "og:title": "o", "lang": "de", "canonical": "http://a.example/c"
    }  # fmt: skip
    assert reading.jsonld == [{"a": [1]}]
    assert reading.notes == ["it has JSON-LD that is no JSON"]
    assert len(reading.hash) == 64
    assert reading.fields is None


def test_xml_keeps_the_case_of_its_names_and_reads_no_entities():
    feed = "<?xml version='1.0'?><rss><item><pubDate>x</pubDate></item></rss>"
    bomb = "<!DOCTYPE a [<!ENTITY b 'xx'><!ENTITY c '&b;&b;'>]><rss><pubDate>&c;</pubDate></rss>"
    outside = (
        "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><rss><pubDate>&b;</pubDate></rss>"
    )

    kind = "application/rss+xml"
    assert read(feed, kind, selectors={"d": "pubDate"}).fields == {"d": "x"}
    assert "entities" in read(bomb, kind, selectors={"d": "pubDate"}).error
    assert "entities" in read(outside, kind, selectors={"d": "pubDate"}).error


def test_json_and_plain_text_have_text_and_no_fields():
    reading = read(b'{"a": 1}', "application/json", extract=["fields", "text"])

    assert (reading.text, reading.fields, reading.error) == ('{"a": 1}', None, "")


def test_a_bare_reading_has_the_links_alone():
    reading = read("<p>x</p><a href=/a>x</a>", bare=True, selectors={"p": "p"})

    assert (reading.fields, reading.links) == (None, ["http://a.example/a"])
