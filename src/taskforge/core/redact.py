"""What looks like a secret, and the same text without it (S-45).

By name: the value of a key such as `password`, wherever it is. By shape: what is a credential
whatever it is called, and what follows a telling name within a text, as in the messages of
libraries and the last lines of tracebacks. It rather hides too much than too little.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

MASK = "[redacted]"
DEPTH = 8
"""Levels of nested values that are looked through; what lies deeper is hidden whole."""
_WORDS = (
    "passw|passphrase|passwd|pwd|secret|token(?!s)|api[_-]?key(?!_id)|authorization|cookie"
    "|credential|private[_-]?key"
)
_NAMES = re.compile(_WORDS, re.IGNORECASE)
_VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s"'&,;)}\]]+)"""
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"\btf_\w{20,}"  # our API keys
            r"|\bwhsec_[\w+/=-]{8,}"  # our webhook secrets
            r"|(?<![\w-])eyJ[\w-]{4,}\.[\w-]+\.[\w-]*"  # JSON Web Tokens
            r"|\bsk-[\w-]{20,}|\bgh[pousr]_\w{30,}|\bxox[abeoprs]-[\w-]{10,}|\bAKIA[0-9A-Z]{16}"
            r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
        MASK,
    ),
    (re.compile(r"""(://[^\s/:@"']*:)[^\s/"']+@"""), rf"\1{MASK}@"),
    (re.compile(r"\b(bearer|basic)\s{1,3}[\w.~+/=-]{16,}", re.IGNORECASE), rf"\1 {MASK}"),
    (
        re.compile(rf"""([?&](?:key|sig|signature|code|ticket|auth)=){_VALUE}""", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    (
        re.compile(r"""(cookie["']?\s{0,3}[=:]\s{0,3}b?["']?)[^\n"']+""", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    (
        re.compile(
            rf"""((?:{_WORDS})[\w-]{{0,40}}["']?\s{{0,3}}[=:]\s{{0,3}})(?!\[redacted)b?{_VALUE}""",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
)
_HINTS = (
    "tf_", "whsec_", "eyj", "sk-", "gh", "xox", "akia", "private", "://", "bearer", "basic", "?",
    "&", "pass", "pwd", "secret", "token", "key", "auth", "cookie", "credential",
)  # fmt: skip
"""A text in lower case without any of these has none of the shapes: looking for them is cheaper."""


@lru_cache(maxsize=1_024)
def is_secret_name(name: str) -> bool:
    """Whether the value of such a key is hidden, whatever it is."""
    return _NAMES.search(name) is not None


def masked(text: str) -> str:
    """The text without what looks like a secret; linear in its length."""
    low = text.lower()
    for hint in _HINTS:
        if hint in low:
            break
    else:
        return text
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text


def scrubbed(value: Any, depth: int = DEPTH) -> Any:
    """A value without secrets, by names and shapes: a copy where it has parts.

    Args:
        value: any; what is no number, text, mapping or sequence becomes its text.
        depth: levels to look through.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping | list | tuple | set | frozenset) and depth <= 0:
        return MASK
    if isinstance(value, Mapping):
        facts = cast("Mapping[Any, Any]", value)
        return {
            masked(str(name)): MASK if is_secret_name(str(name)) else scrubbed(it, depth - 1)
            for name, it in facts.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [scrubbed(it, depth - 1) for it in cast("list[Any]", value)]
    return masked(text_of(value))


def text_of(value: object) -> str:
    """`str(value)`, also of what cannot say what it is."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a log line must never break what it tells of
        return f"<{type(value).__name__}>"
