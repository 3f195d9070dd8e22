"""The `Idempotency-Key` header: a structured-field string, or the same without quotes (R-43)."""

import hmac
import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Request, Response

from taskforge.core.errors import Fault, Invalid, Malformed
from taskforge.core.job import JobOrder
from taskforge.flows.deps import Deps
from taskforge.flows.once import AnswerT, Asked, Told

HEADER: Final = "idempotency-key"

_canonical = msgspec.json.Encoder(order="sorted")
_BARE: Final = re.compile(r"[\x21\x23-\x7e][\x21-\x7e]{0,254}")
_QUOTED: Final = re.compile(r'"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"')


def read_key(values: Sequence[str]) -> str | None:
    """The key in the values of the header; None without the header.

    Raises:
        Malformed: it is empty, too long, has other characters than visible ASCII, or two values.
    """
    if not values:
        return None
    value = values[0].strip(" \t")
    quoted = _QUOTED.fullmatch(value)
    if len(set(values)) > 1 or not (quoted or _BARE.fullmatch(value)):
        raise Malformed(
            "The Idempotency-Key header must be one string of 1 to 255 visible ASCII characters.",
            code="bad_idempotency_key",
        )
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value


def key_of(request: Request[Any, Any, Any]) -> str | None:
    """The key that a request has, if it has one.

    Raises:
        Malformed: see `read_key`.
    """
    return read_key(request.headers.getall(HEADER, []))


def asked_with_key(request: Request[Any, Any, Any], deps: Deps, body: Any = None) -> Asked | None:
    """What a request asks for, when it has a key and so may come again.

    Args:
        request: gives the key, the method and the address.
        deps: has the secret that fingerprints are made under: bodies have passwords.
        body: checked; anything that msgspec encodes.

    Raises:
        Malformed: see `read_key`.
    """
    key = key_of(request)
    if key is None:
        return None
    what = _canonical.encode([request.method, request.scope["path"], body])
    secret = deps.settings.secret_key.encode()
    return Asked(key, hmac.digest(secret, b"taskforge asked" + what, "sha256").hex())


def told(it: Told[AnswerT], *, location: str | None = None) -> Response[AnswerT]:
    """201 for what was made, 200 for a repeat of it."""
    headers = {} if location is None else {"Location": location}
    if it.fresh:
        return Response(it.answer, status_code=201, headers=headers)
    replayed = {"Idempotent-Replayed": "true"}
    return Response(it.answer, status_code=200, headers=headers | replayed)


def with_key(order: JobOrder, key: str | None) -> JobOrder:
    """The order with the header's key.

    Raises:
        Invalid: its body has another one.
    """
    if key is None or order.idempotency_key == key:
        return order
    if order.idempotency_key is not None:
        raise Invalid(
            "The Idempotency-Key header and the body's idempotency_key differ; send one of them.",
            code="idempotency_keys_differ",
            faults=[Fault("/idempotency_key", "differs from the Idempotency-Key header")],
        )
    return msgspec.structs.replace(order, idempotency_key=key)


def item_key(key: str | None, index: int) -> str | None:
    """The key of one order of a bulk call whose header has a key.

    A space separates the two: no key that a client can send has one, so none is ever the same.
    """
    return None if key is None else f"{key} {index}"
