"""Sketches of payloads: small Bloom filters that tell where a value cannot be.

A sketch covers some jobs in a row of ids. Whoever looks for `payload.to:ann@example.com` reads the
sketches instead of the payloads, and then only the jobs of those that have the value's bits.
A sketch may say yes for nothing (about once in a thousand), but never no for something.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, Final, cast

BITS: Final = 8_192
"""Of the largest sketch: a kilobyte, so that it stays within its row. Others are 8,192 / 2^n."""
HASHES: Final = 6
"""Bits per value. With 16 bits of sketch for each value, 1 in 1,000 others looks as if there."""
MAX_VALUES: Final = BITS // 16
"""Different values of one sketch, where it covers more than one job."""

_LEAST_BITS: Final = 64
_SPREAD: Final = 16


def values_in(payload: str) -> set[int]:
    """The values of a payload, each hashed with its path; arrays leave no trace in a path.

    Args:
        payload: JSON.
    """
    return {value_of(path, leaf) for path, leaf in _leaves(json.loads(payload), ())}


def value_of(path: Sequence[str], leaf: Any) -> int:
    """One value, hashed with its path to 64 bits.

    Args:
        path: keys from the top, arrays left out.
        leaf: a string, number, boolean or null. Numbers that are equal are so here; some others
            too, for only their first 53 bits count.
    """
    if isinstance(leaf, int | float) and not isinstance(leaf, bool):
        leaf = _float(leaf)
    said = "\0".join((*path, type(leaf).__name__, str(leaf)))
    digest = blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest)


def positions(value: int) -> list[int]:
    """The bits of a value, below `BITS`; in a smaller sketch, modulo its number of bits."""
    begin, step = value >> 32, value & 0xFFFF_FFFF | 1
    return [(begin + n * step) % BITS for n in range(HASHES)]


def draw(values: Iterable[int]) -> bytes:
    """A sketch of values; bit 0 is the lowest of the first byte, as for PostgreSQL's `get_bit`."""
    known = list(values)
    bits = _LEAST_BITS
    while bits < BITS and bits < _SPREAD * len(known):
        bits *= 2
    filled = bytearray(bits // 8)
    for value in known:
        for position in positions(value):
            filled[position % bits // 8] |= 1 << position % 8
    return bytes(filled)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key, member in cast("dict[str, Any]", value).items():
            yield from _leaves(member, (*path, key))
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _leaves(item, path)
    else:
        yield path, value


def _float(number: float) -> float:
    try:
        return float(number) + 0.0  # no negative zero
    except OverflowError:
        return float("inf")
