"""Which endpoints the operator has configured: `AI_BASE_URL` and its kin, and `AI_BACKENDS`."""

import re
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from taskforge.core.failures import NotConfigured
from taskforge.handlers.ai.payload import DEFAULT_BACKEND, EMBEDDED

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")

Setting = Callable[[str], str]
"""`Context.setting`."""

Price = Annotated[float, Meta(ge=0)]


class Prices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a million tokens cost, in the operator's currency."""

    prompt: Price = 0.0
    completion: Price = 0.0


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An OpenAI-compatible endpoint."""

    base_url: str
    """With the version, such as `http://localhost:11434/v1`."""
    api_key: str = ""
    models: list[str] = []
    """Which may be used; no other is."""
    prices: dict[str, Prices] = {}
    """By model."""


def endpoints(setting: Setting) -> dict[str, Endpoint]:
    """Every configured endpoint by name.

    Raises:
        NotConfigured: settings that cannot be used; the message repeats no value of theirs.
    """
    found: dict[str, Endpoint] = {}
    if base_url := setting("AI_BASE_URL"):
        models = [name.strip() for name in setting("AI_MODELS").split(",") if name.strip()]
        found[DEFAULT_BACKEND] = Endpoint(
            base_url=base_url, api_key=setting("AI_API_KEY"), models=models
        )
    found |= _further(setting("AI_BACKENDS"))
    for name, endpoint in found.items():
        source = "AI_BASE_URL" if name == DEFAULT_BACKEND else f"AI_BACKENDS: {name}.base_url"
        if not _is_web(endpoint.base_url):
            raise NotConfigured(f"{source} must be an http or https address with a host.")
    return found


def usable(setting: Setting, *, embedded: list[str]) -> list[str]:
    """The models that a job may name, as `backend/name`.

    Args:
        setting: reads the configuration.
        embedded: names of the embedded models that are installed.

    Raises:
        NotConfigured: settings that cannot be used.
    """
    remote = [f"{name}/{it}" for name, point in endpoints(setting).items() for it in point.models]
    return [*(f"{EMBEDDED}/{name}" for name in embedded), *remote]


def _further(text: str) -> dict[str, Endpoint]:
    if not text:
        return {}
    try:
        further = msgspec.json.decode(text, type=dict[str, Endpoint])
    except (msgspec.MsgspecError, RecursionError) as error:
        # A fault of type names its place, never a value; one of syntax names a position.
        raise NotConfigured(f"AI_BACKENDS cannot be used: {error}.") from error
    for name in further:
        if not _NAME.fullmatch(name) or name in (EMBEDDED, DEFAULT_BACKEND):
            raise NotConfigured(
                "AI_BACKENDS: a name has lower-case letters, digits, - and _, and is neither "
                f"{EMBEDDED!r} nor {DEFAULT_BACKEND!r}."
            )
    return further


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
