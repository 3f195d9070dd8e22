"""E-mail addresses, checked by their form and never by DNS, and text that is safe in a header."""

import re
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Characters that could end a header field, or that no header field may hold (S-36)."""


class Mailbox(NamedTuple):
    """Somebody's address."""

    email: str
    """ASCII; an international domain in its encoded form."""
    name: str = ""

    @property
    def key(self) -> str:
        """The same for addresses that are the same to nearly all servers."""
        return self.email.lower()

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that stand for the address."""
        return blake2b(self.key.encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=4_096)
def mailbox(text: str, name: str = "") -> Mailbox:
    """Read `ann@example.com` or `Ann <ann@example.com>`.

    Args:
        text: as written.
        name: stands in for the one in the text.

    Raises:
        ValueError: it is no address, or one that needs SMTPUTF8.
    """
    if CONTROL.search(text) or CONTROL.search(name):
        raise ValueError("An address has no line breaks and no control characters")
    try:
        found = validate_email(
            text,
            check_deliverability=False,
            allow_display_name=True,
            allow_smtputf8=False,
            test_environment=True,  # takes `.test`, the domain of the demo recipients
        )
    except EmailNotValidError as error:
        raise ValueError(f"{text[:100]!r} is no e-mail address: {error}") from error
    if found.ascii_email is None:
        raise ValueError(f"{text[:100]!r} needs SMTPUTF8, which is not supported")
    return Mailbox(found.ascii_email, name or found.display_name or "")


def one_line(text: str, what: str) -> str:
    """The text, if it can stand in a header.

    Args:
        text: any.
        what: how an error calls it.

    Raises:
        ValueError: it holds a line break, a NUL or another control character.
    """
    if CONTROL.search(text):
        raise ValueError(f"{what} must be one line, without control characters")
    return text
