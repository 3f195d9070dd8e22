"""Which new passwords are refused: too short, too common, or the account's own names (S-05)."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from taskforge.core.errors import Fault, Invalid

MIN_LENGTH, MAX_LENGTH = 12, 256

_LIST = re.compile(r'"passwords": "([^"]+)"')
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_LEET = str.maketrans("@430157$!", "aaeoistsi")


def check_strength(password: str, *, username: str, email: str, pointer: str = "/password") -> None:
    """Refuse a new password that others would guess.

    The first call of a process reads the list of common ones, which takes some milliseconds.

    Args:
        password: the new one.
        username: of the account.
        email: the same.
        pointer: where the password stands in the request.

    Raises:
        Invalid: says why.
    """
    folded = password.casefold()
    names = {username.casefold(), email.casefold(), email.split("@", maxsplit=1)[0].casefold()}
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        message = f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters"
    elif any(name and not folded.replace(name, "").strip("0123456789!.-_") for name in names):
        message = "a password must not be the user's own name"
    elif len(set(folded)) < 5:
        message = "a password needs at least five different characters"
    elif any(_is_common(form) for form in _forms(folded)):
        message = "this one is among the most common; take several words that nobody else would"
    else:
        return
    raise Invalid(f"This password cannot be used: {message}.", code="weak_password",
                  faults=[Fault(pointer, message)])  # fmt: skip


def _forms(word: str) -> Iterator[str]:
    """The word itself, then what is left when repetition, and digits and signs at its ends, go."""
    while word:
        yield word
        yield word.translate(_LEET)
        unit = word[: (word + word).find(word, 1)]
        shorter = unit if unit != word else _EDGES.sub("", word)
        if shorter == word:
            return
        word = shorter


def _is_common(word: str) -> bool:
    return f",{word}," in _common() and "," not in word


@cache
def _common() -> str:
    """The 30,000 most common passwords, between commas: a quarter of a megabyte.

    Taken from the file: an import of the package would build its scorer's tables, 14 MB of them.
    """
    path = distribution("zxcvbn").locate_file("zxcvbn/frequency_lists.py")
    found = _LIST.search(Path(str(path)).read_text("utf-8"))
    if found is None:
        raise RuntimeError(f"{path} has no list of passwords")
    return f",{found[1]},"
