"""The settings in effect, as people may see them: with their origin, and without secrets."""

from typing import Any

import msgspec
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from taskforge.config import SECRETS, Settings, find, layers

HIDDEN = "(hidden)"


class EffectiveSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A setting, and where it comes from."""

    name: str
    """Of the variable."""
    value: str | bool | int | float | None
    """Secrets are hidden, and passwords in addresses; null where nothing is set."""
    origin: str
    """`default`, `environment`, `.env` or `up.env`, or one of them and the variable that names a
    file."""


def effective(settings: Settings) -> list[EffectiveSetting]:
    """Every setting, in their order.

    Raises:
        OSError: the file of a `NAME_FILE` cannot be read any more.
    """
    sources = layers()
    return [
        EffectiveSetting(
            name=field.encode_name,
            value=_shown(field.encode_name, getattr(settings, field.name)),
            origin=find(field.encode_name, sources)[1],
        )
        for field in msgspec.structs.fields(Settings)
    ]


def _shown(name: str, value: Any) -> str | bool | int | float | None:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    if name.endswith("_URL"):
        return _without_password(text)
    return HIDDEN if name in SECRETS and text else text


def _without_password(url: str) -> str:
    if "@" not in url:
        return url
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return HIDDEN
