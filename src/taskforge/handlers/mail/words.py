"""Texts of a job with `{{ name }}` in them: names are replaced by values, and that is all (S-37).

No text of a user is ever read as a template. There are no expressions, filters or blocks here.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

_NAME = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,63})\s*\}\}")


def names_in(text: str) -> set[str]:
    """The names that a text asks for.

    Raises:
        ValueError: it has `{{` that is not followed by one name and `}}`.
    """
    if "{{" in _NAME.sub("", text):
        raise ValueError("`{{` takes one name, such as `{{ name }}`, and nothing else")
    return set(_NAME.findall(text))


def fill(text: str, values: Mapping[str, Any], *, quote: Callable[[str], str] = str) -> str:
    """The text with its names replaced.

    Args:
        text: checked by `names_in`.
        values: texts, numbers and booleans by name.
        quote: applied to each value, for instance to make it fit for a URL.

    Raises:
        ValueError: a name has no value, or one that is no plain text or number.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in values:
            raise ValueError(f"`{name}` has no value")
        if not isinstance(values[name], str | int | float):
            raise ValueError(f"`{name}` is neither a text nor a number")
        return quote(str(values[name]))

    return _NAME.sub(value, text)
