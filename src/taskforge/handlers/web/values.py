"""From what a selector found to a value of its type; runs in the child process."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from taskforge.handlers.web.markup import etree
from taskforge.handlers.web.payload import Field, Kind
from taskforge.handlers.web.scope import absolute

MAX_VALUES = 50
"""Of one field with `many`."""
MAX_TEXT = 2_000
MAX_HTML = 10_000
"""Characters of one value."""

DATE_FORMATS = (
    "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d",
)  # fmt: skip
_text = etree.XPath("string()", smart_strings=False)
_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"[-\N{MINUS SIGN}]?\d[\d.,'\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE} ]*")


def value_of(field: Field, found: Any, base: str) -> Any:
    """The value of a field.

    Args:
        field: how it is described.
        found: what its selector gave: elements, texts, or one value.
        base: address that relative ones stand on.

    Returns:
        Text, number or None; with `many` a list of texts and numbers.
    """
    values = (_typed(field, one, base) for one in _several(found))
    if not field.many:
        return next((value for value in values if value is not None), None)
    kept: list[Any] = []
    for value in values:
        if value is not None:
            kept.append(value)
        if len(kept) == MAX_VALUES:
            break
    return kept


def _several(found: Any) -> Iterable[Any]:
    return cast("list[Any]", found) if isinstance(found, list) else [found]


def _typed(field: Field, one: Any, base: str) -> Any:
    source = one
    if field.attr is not None:
        source = one.get(field.attr) if etree.iselement(one) else None
        if source is None:
            return None
    if field.type is Kind.HTML:
        return _source(source)[:MAX_HTML]
    text = plain(source)
    match field.type:
        case Kind.TEXT:
            return text[:MAX_TEXT] or None
        case Kind.NUMBER:
            return number(text)
        case Kind.DATE:
            return date(text)
        case Kind.URL:
            return absolute(base, text[: MAX_TEXT * 2])


def plain(source: Any) -> str:
    """The text of an element or a value, spaces evened out."""
    return _SPACE.sub(" ", str(_text(source) if etree.iselement(source) else source)).strip()


def _source(source: Any) -> str:
    if etree.iselement(source):
        return etree.tostring(source, encoding="unicode", method="html", with_tail=False)
    return str(source)


def number(text: str) -> int | float | None:
    """The first number in a text, such as 1234.5 in `£1,234.50`; None if there is none.

    Of point and comma the one that comes last, and once, parts the decimals; alone and before
    exactly three digits it groups thousands.
    """
    found = _NUMBER.search(text[:MAX_TEXT])
    if found is None:
        return None
    digits = re.sub(r"[^\d.,-]", "", found[0].replace("\N{MINUS SIGN}", "-")).rstrip(".,")
    mark = max(".,", key=digits.rfind)
    whole, _, decimals = digits.rpartition(mark)
    others = "," if mark == "." else "."
    parts_decimals = bool(whole) and digits.count(mark) == 1 and (
        len(decimals) != 3 or others in whole or whole in ("0", "-0")
    )  # fmt: skip
    if not parts_decimals:
        whole, decimals = digits, ""
    bare = re.sub(r"[.,]", "", whole)
    if len(bare) > 15:
        return None  # beyond what JSON readers keep
    return float(f"{bare}.{decimals}") if decimals else int(bare)


def date(text: str) -> str | None:
    """A date as ISO 8601; None where it is not written in a way that leaves no doubt.

    ISO 8601, the form of mail and HTTP headers, and those of `DATE_FORMATS` (English months).
    """
    text = text[:100]
    with suppress(ValueError):
        read = datetime.fromisoformat(text)
        return read.date().isoformat() if len(text) <= 10 else read.isoformat()
    with suppress(ValueError):
        return parsedate_to_datetime(text).isoformat()
    for form in DATE_FORMATS:
        with suppress(ValueError):
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a day has no zone
    return None
