"""An answer in the making and when it is complete: what every backend brings."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol

import msgspec

from taskforge.core.plain import plain_text
from taskforge.handlers.ai.prompts import Messages

Finish = Literal["stop", "length", "other"]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a backend is asked: one conversation, and how to go on with it."""

    messages: Messages
    max_tokens: int
    temperature: float
    top_p: float
    seed: int | None
    stop: tuple[str, ...]
    schema: dict[str, Any] | None
    seconds: float
    """From the moment that the model has time for it."""


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """As the engine counted them."""

    prompt: int
    completion: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The end of one generation."""

    text: str
    finish_reason: Finish
    """`stop`: the model was done; `length`: `max_tokens` was reached; `other`: what its backend
    calls otherwise."""
    tokens: Tokens | None
    """None when the backend counts none."""
    first_token_ms: int | None
    """From the request to the first piece of text; None when there was none."""
    tokens_per_second: float | None


class Watcher(Protocol):
    """Is told how an answer comes along."""

    async def stage(self, name: str, *, message: str | None = None) -> None:
        """What is being done before there is text."""
        ...

    async def text(self, piece: str, tokens: int) -> None:
        """More text; tokens so far."""
        ...


Generate = Callable[[Question, Watcher], Awaitable[Answer]]
"""One model of one backend."""


def cleaned(answer: Answer) -> Answer:
    """The answer without NUL, also where its JSON spells one: PostgreSQL keeps none."""
    text = plain_text(answer.text, len(answer.text)).replace(r"\u0000", "\N{REPLACEMENT CHARACTER}")
    return msgspec.structs.replace(answer, text=text)
