"""Text and JSON from handlers, made fit for PostgreSQL and for a screen (R-51, R-52)."""

import re
from typing import Any

import msgspec

_PICTURES = {code: 0x2400 + code for code in range(32) if code not in (9, 10)} | {127: 0x2421}
_UNSEEN = dict.fromkeys(
    [*range(0x80, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)],
    0xFFFD,
)
"""What changes the look of a text and has none itself: C1 controls, bidirectional ones."""
_VISIBLE = _PICTURES | _UNSEEN
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def plain_text(value: object, limit: int) -> str:
    """`str(value)` without NUL and lone surrogates, cut to `limit` characters with a mark."""
    text = str(value).replace("\x00", "\N{REPLACEMENT CHARACTER}")
    text = text.encode(errors="replace").decode()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def visible_text(text: str) -> str:
    """Text of strangers with its control characters made visible (S-41); as long as before."""
    return text.translate(_VISIBLE).encode(errors="replace").decode()


def plain_json(value: Any, limit: int) -> str:
    """JSON text of at most `limit` characters that `jsonb` takes.

    A value that JSON cannot carry, or that is too long, becomes `{"text": …}` with its beginning.
    """
    try:
        text = msgspec.json.encode(value, enc_hook=repr).decode()
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        text = ""
    if text and len(text) <= limit and not has_nul(text.encode()):
        return text
    return msgspec.json.encode({"text": plain_text(value, max(limit // 2, 20))}).decode()


def has_nul(body: bytes) -> bool:
    r"""Whether JSON has a NUL in a string or key: `\u0000`, behind no backslash of its own."""
    return b"\\u0000" in body and _NUL.search(body) is not None
