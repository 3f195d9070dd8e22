"""Doing once what is asked twice: deeds under an idempotency key (R-40 to R-44).

The key and the deed are of one transaction, so a rival with the same key waits for its end and then
gets its answer. Answers are kept sealed: some have a secret that is shown nowhere else. Jobs have a
way of their own (`submit.py`): a repeat answers with the job as it is now.
"""

from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.errors import Conflict, Fault, Invalid
from taskforge.core.seal import Unsealable, seal, unseal
from taskforge.db.engine import lock_was_busy, transaction
from taskforge.db.idempotency import KeyHolder, keep_answer, key_holder, take_key
from taskforge.flows.deps import Deps

PURPOSE = "idempotent answer"

AnswerT = TypeVar("AnswerT", bound=msgspec.Struct)


class Asked(NamedTuple):
    """A call that may come again."""

    key: str
    fingerprint: str
    """Of method, address and body, under a key of ours: bodies have passwords (R-42)."""


class Told(NamedTuple, Generic[AnswerT]):
    """An answer, and whether its deed was done for this call."""

    answer: AnswerT
    fresh: bool = True


async def once(
    deps: Deps,
    asked: Asked | None,
    user_id: UUID,
    kind: type[AnswerT],
    deed: Callable[[AsyncConnection], Awaitable[AnswerT]],
) -> Told[AnswerT]:
    """Do a deed in a transaction of its own; when its key came before, only tell the answer again.

    Args:
        deps: what flows run on.
        asked: None does it in any case.
        user_id: whose key it is.
        kind: what the deed answers with.
        deed: all that it does to the database goes through the connection it is given; what it
            raises undoes it and frees the key (R-44).

    Raises:
        Invalid: the key was used for something else.
        Conflict: the key is in use at this very moment, or the answer cannot be read any more.
    """
    try:
        async with transaction(deps.db) as connection:
            if asked is None:
                return Told(await deed(connection))
            if not await take_key(connection, user_id, asked.key, asked.fingerprint):
                holder = await key_holder(connection, user_id, asked.key)
                return repeat(deps, asked, user_id, kind, holder)
            answer = await deed(connection)
            await keep(deps, connection, asked, user_id, answer)
            return Told(answer)
    except Exception as error:
        if asked and lock_was_busy(error):
            raise in_progress() from error
        raise


async def keep(
    deps: Deps, connection: AsyncConnection, asked: Asked, user_id: UUID, answer: msgspec.Struct
) -> None:
    """Note what a taken key led to."""
    text = msgspec.json.encode(answer).decode()
    sealed = seal(deps.settings.secret_key, text, purpose=PURPOSE, owner=_owner(asked, user_id))
    await keep_answer(connection, user_id, asked.key, sealed)


def repeat(
    deps: Deps, asked: Asked, user_id: UUID, kind: type[AnswerT], holder: KeyHolder | None
) -> Told[AnswerT]:
    """What a key led to when it came before.

    Raises:
        Invalid: it was used for something else.
        Conflict: the answer cannot be read any more.
    """
    check_holder(asked.key, asked.fingerprint, holder)
    sealed = holder.answer if holder else None
    try:
        text = unseal(
            deps.settings.secret_key, sealed or "", purpose=PURPOSE, owner=_owner(asked, user_id)
        )
    except Unsealable as error:
        raise Conflict(
            f"what idempotency key {asked.key!r} led to cannot be told again; look for it",
            code="idempotent_answer_lost",
        ) from error
    return Told(msgspec.json.decode(text, type=kind), fresh=False)


def check_holder(key: str, fingerprint: str, holder: KeyHolder | None) -> None:
    """Refuse a key that was used for something else (R-42).

    Raises:
        Invalid: it was.
    """
    if holder is None or holder.fingerprint != fingerprint:
        raise Invalid(
            f"idempotency key {key!r} was used with another body, or at another address",
            code="idempotency_key_reused",
            faults=[Fault("/idempotency_key", "was used with another body")],
        )


def in_progress() -> Conflict:
    """What a call gets while another with its key takes too long (R-41)."""
    return Conflict(
        "a request with the same idempotency key is in progress; try again",
        code="idempotency_in_progress",
    )


def _owner(asked: Asked, user_id: UUID) -> str:
    return f"{user_id} {asked.key}"
