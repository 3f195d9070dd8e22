"""Prompts from a template: text with `{name}` in it, and a value for each name (S-37).

Substitution and nothing else: values are put in once and never read again, so that no value can
bring a placeholder, and there are no expressions, attributes or formats to reach anything with.
"""

import re
from collections.abc import Mapping

_TOKEN = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]{0,63})\}|[{}]")

Scalar = str | int | float | bool


def fill(template: str, variables: Mapping[str, Scalar], *, limit: int) -> str:
    """Put values in the place of names; `{{` and `}}` stand for braces.

    Args:
        template: see above.
        variables: a value for each name.
        limit: characters that the whole may have.

    Raises:
        ValueError: a name without value, a value without place, a brace that stands alone, or more
            characters than the limit.
    """
    names = placeholders(template)
    if missing := [name for name in names if name not in variables]:
        raise ValueError(f"`variables` lacks {_listed(missing)}")
    if unused := [name for name in variables if name not in names]:
        raise ValueError(f"`template` has no place for {_listed(unused)}")

    values = {name: _text(variables[name]) for name in names}

    def put(found: re.Match[str]) -> str:
        return values[found[1]] if found[1] else found[0][0]

    # Counted first: a short template can ask for a long value thousands of times.
    size = len(template) + sum(len(put(it)) - len(it[0]) for it in _TOKEN.finditer(template))
    if size > limit:
        raise ValueError(f"`template` with its values has {size:,} characters, at most {limit:,}")
    return _TOKEN.sub(put, template)


def placeholders(template: str) -> list[str]:
    """The names in a template, each once, in order.

    Raises:
        ValueError: a brace that stands alone.
    """
    names: dict[str, None] = {}
    for found in _TOKEN.finditer(template):
        if found[1]:
            names[found[1]] = None
        elif len(found[0]) == 1:
            place = found.start() + 1
            raise ValueError(
                f"`template`: the brace at character {place} belongs to no `{{name}}`; "
                "write `{{` or `}}` for a brace"
            )
    return list(names)


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name[:64]}`" for name in names[:10])
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"
