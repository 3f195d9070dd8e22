import msgspec
import pytest

from taskforge.handlers.web.payload import WebPayload
from taskforge.handlers.web.scope import Boundary, absolute, canonical, site_of


def boundary(**payload):
    ask = {"url": "https://www.shop.co.uk/a/b", **payload}
    return Boundary(msgspec.convert(ask, WebPayload))


@pytest.mark.parametrize(
    ("scope", "inside", "outside"),
    [
        ("host", "http://www.shop.co.uk/x", "https://shop.co.uk/"),
        ("host", "https://www.shop.co.uk/?a=1", "https://www.shop.co.uk.evil.example/"),
        ("path", "https://www.shop.co.uk/a/c", "https://www.shop.co.uk/ab"),
        ("domain", "https://shop.co.uk/", "https://other.co.uk/"),
        ("domain", "https://a.b.shop.co.uk/", "https://myshop.co.uk/"),
        ("list", "https://b.example/", "https://c.example/"),
    ],
)
def test_a_scope_holds_what_it_says(scope, inside, outside):
    limits = boundary(scope=scope, hosts=["B.example"] if scope == "list" else [])

    assert limits.holds(inside)
    assert not limits.holds(outside)


def test_an_address_left_out_by_a_glob_is_not_on_another_site():
    limits = boundary(exclude=["/private/*"])

    assert not limits.holds("https://www.shop.co.uk/private/x")
    assert not limits.leaves("https://www.shop.co.uk/private/x")
    assert limits.leaves("https://b.example/")


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/x/../y?b=2&a=1#f", "http://h/y?a=1&b=2"),
        ("//other/x", "http://other/x"),
        ("/\\other/x", "http://h//other/x"),
        ("?q=ä", "http://h/d/p?q=%C3%A4"),
        ("HTTP://H:80", "http://h/"),
        (" z ", "http://h/d/z"),
        ("javascript:x", None),
        ("http://u@h/", None),
        ("http://[", None),
    ],
)
def test_a_link_becomes_a_canonical_address(link, expected):
    assert absolute("http://h/d/p", link) == expected


def test_an_address_has_a_length():
    assert canonical("http://h/" + "ä" * 1_000) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "com", ""])
def test_a_host_without_a_registered_name_stands_for_itself(host):
    assert site_of(host) == host
