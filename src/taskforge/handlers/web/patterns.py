"""Selectors and globs: checked at submission, compiled where they are used (S-35)."""

import fnmatch
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from cssselect import SelectorError
from cssselect.parser import tokenize
from parsel.csstranslator import GenericTranslator, HTMLTranslator

from taskforge.handlers.web.markup import etree

MAX_SELECTOR = 512
"""Characters."""
MAX_PARTS = 20
"""Names in one CSS selector: elements, classes, ids, attributes, pseudo-classes."""

Query = Callable[[Any], Any]
"""A compiled selector: gets an element, gives elements, texts, or one value."""

_HTML = HTMLTranslator()
_XML = GenericTranslator()
_PREFIXED_CALL = re.compile(r"[\w.-]+:(?!:)[\w.-]+\s*\(")
_PROBE = etree.fromstring("<html><body><p class='a'>a</p></body></html>")


@cache
def css_query(css: str, *, xml: bool = False) -> Query:
    """Compile a CSS selector, `::text` and `::attr(name)` included.

    Args:
        css: the selector.
        xml: whether names keep their case.

    Raises:
        ValueError: it does not parse, or passes a limit of S-35.
    """
    if len(css) > MAX_SELECTOR:
        raise ValueError(f"a selector has at most {MAX_SELECTOR} characters")
    try:
        _check_parts(css)
        return _compiled((_XML if xml else _HTML).css_to_xpath(css))
    except (SelectorError, RecursionError) as error:
        raise ValueError(f"{css!r} is no CSS selector: {error}") from error


@cache
def xpath_query(xpath: str) -> Query:
    """Compile an XPath 1.0 expression.

    Raises:
        ValueError: it does not parse, or asks for what is not offered.
    """
    if len(xpath) > MAX_SELECTOR:
        raise ValueError(f"a selector has at most {MAX_SELECTOR} characters")
    if _PREFIXED_CALL.search(xpath):
        raise ValueError(f"{xpath!r}: functions with a prefix, such as `re:test`, are not offered")
    return _compiled(xpath)


def _compiled(xpath: str) -> Query:
    try:
        # Without EXSLT's regular expressions: they backtrack (S-35).
        query: Query = etree.XPath(xpath, regexp=False, smart_strings=False)
        query(_PROBE)
    except (etree.XPathError, ValueError, RecursionError) as error:
        raise ValueError(f"{xpath!r} is no XPath expression: {error}") from error
    return query


def _check_parts(css: str) -> None:
    parts = 0
    inside: list[bool] = []
    before: list[str | None] = ["", ""]
    for token in tokenize(css):
        if token.type in ("IDENT", "HASH") or token.value == "*":
            parts += 1
        if token.value == "(":
            has = before == [":", "has"]
            if has and any(inside):
                raise ValueError(f"{css!r}: `:has` may not stand inside `:has`")
            inside.append(has)
        elif token.value == ")" and inside:
            inside.pop()
        before = [before[1], token.value]
    if parts > MAX_PARTS:
        raise ValueError(f"{css[:80]!r}… has {parts} parts; a selector has at most {MAX_PARTS}")


def glob_matcher(globs: Sequence[str]) -> Callable[[str], bool]:
    """Whether an address fits one of the globs.

    `*` stands for any characters, `?` for one. A glob that begins with `/` is held against path and
    query, any other against the whole address.
    """
    by_path, whole = (
        [
            # Bounded time: the translation never looks back beyond the last `*`.
            re.compile(fnmatch.translate(glob))
            for glob in globs
            if glob.startswith("/") is rooted
        ]
        for rooted in (True, False)
    )

    def fits(url: str) -> bool:
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return any(p.match(path) for p in by_path) or any(p.match(url) for p in whole)

    return fits
