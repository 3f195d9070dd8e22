import time

import pytest

from taskforge.handlers.web.patterns import css_query, glob_matcher, xpath_query


@pytest.mark.parametrize(
    ("globs", "url", "fits"),
    [
        (["/blog/*"], "http://h/blog/a/b", True),
        (["/blog/*"], "http://h/x/blog/a", False),
        (["/p?x=*"], "http://h/p?x=1", True),
        (["/p"], "http://h/p?x=1", False),
        (["*.pdf"], "http://h/a.pdf", True),
        (["http://h/*"], "http://h/a", True),
        (["/[ab]"], "http://h/a", True),
        (["/[a"], "http://h/[a", True),
        (["/A"], "http://h/a", False),
    ],
)
def test_a_glob_is_held_against_path_or_address(globs, url, fits):
    assert glob_matcher(globs)(url) is fits


def test_a_glob_of_many_stars_takes_no_time():
    began = time.process_time()

    assert not glob_matcher(["*a" * 250])("http://h/" + "a" * 2_000 + "b" * 30)
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize(
    "css",
    ["", "a[", "a" * 513, "(" * 500, ":not(" * 90 + "a", "a:has(b:has(c))", "a:has(:is(b:has(c)))",
     ",".join("abcdefghijklmnopqrstu"), "p::foo", "a:hover(1)", "a:nth-child(x)", "\\", "a{b}"],
)  # fmt: skip
def test_a_selector_that_cannot_be_used_is_refused(css):
    with pytest.raises(ValueError, match=r"selector|:has|parts|XPath"):
        css_query(css)


@pytest.mark.parametrize(
    "xpath", ["", "//a[", "$x", "foo()", "document('x')", "re:test(., 'x')", "(" * 500, "a\0", "§"]
)
def test_an_expression_that_cannot_be_used_is_refused(xpath):
    with pytest.raises(ValueError, match=r"XPath|prefix"):
        xpath_query(xpath)


def test_two_has_beside_each_other_are_fine():
    assert css_query("a:has(b), p:has(i)")
