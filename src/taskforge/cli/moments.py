"""Times and spans as people type and read them."""

import re
from datetime import UTC, datetime, timedelta

import typer

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SPAN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)([smhd]?)")


def span(text: str) -> float:
    """Seconds in `90`, `90s`, `5m`, `2h` or `1d`.

    Raises:
        BadParameter: it is something else.
    """
    match = _SPAN.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is no span of time such as 90s, 5m, 2h or 1d")
    return float(match[1]) * _UNITS[match[2]]


def moment(text: str) -> str:
    """A moment as the API takes it; without a time zone it is meant as here.

    Raises:
        BadParameter: it is no RFC 3339 time.
    """
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except (ValueError, OverflowError, OSError) as error:
        raise typer.BadParameter(f"{text!r} is no time such as 2026-01-31T08:00:00Z") from error


def past(text: str) -> str:
    """A moment, or a span that counts back from now: `2h` is two hours ago.

    Raises:
        BadParameter: it is neither.
    """
    if _SPAN.fullmatch(text):
        try:
            return (datetime.now(UTC) - timedelta(seconds=span(text))).isoformat()
        except OverflowError as error:
            raise typer.BadParameter(f"{text!r} is too long ago") from error
    return moment(text)


def age(at: datetime | None, now: datetime) -> str:
    """How long ago, or ahead, such as `5 min ago`; nothing for no time."""
    if at is None:
        return ""
    seconds = (now - at).total_seconds()
    return f"{took(seconds)} ago" if seconds >= 0 else f"in {took(-seconds)}"


def took(seconds: float | None) -> str:
    """A span for people; nothing for no span."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    for unit, size in (("d", 86_400), ("h", 3_600)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 60:.0f} min"


def clock(at: datetime) -> str:
    """A moment of today by the clock on the wall."""
    return at.astimezone().strftime("%H:%M:%S")


def calendar(at: datetime | None) -> str:
    """A moment with its date, in this machine's time zone; nothing for no time."""
    return "" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
