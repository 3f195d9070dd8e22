"""An OpenAI-compatible endpoint of the operator's.

The address comes from the configuration alone, and no redirect or proxy leads elsewhere. The SDK's
own retries are off: the job's rule decides. Loading the SDK takes a second and 40 MB, so this
module is imported when the first job needs it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import openai
from openai import AsyncOpenAI, AsyncStream, DefaultAsyncHttpxClient, Timeout
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletionChunk

from taskforge.core.failures import (
    InvalidInput,
    JobError,
    JobTimeout,
    NotConfigured,
    RateLimited,
    TargetError,
)
from taskforge.handlers.ai.answer import Answer, Finish, Question, Tokens, Watcher
from taskforge.handlers.ai.endpoints import Endpoint

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 60.0
"""How long nothing may come, before the first piece or between two."""
PATIENCE_SECONDS = 30.0
"""When an endpoint says that it is busy, and not for how long."""
MAX_PATIENCE_SECONDS = 86_400.0
CHARACTERS_PER_TOKEN = 64
"""Far above any tokenizer: an endpoint that sends more does not keep to `max_tokens`."""
SHOWN = 300
"""Characters of an endpoint's own words that reach the job's error."""
FINISHES: Mapping[str, Finish] = {"stop": "stop", "length": "length"}


class RemoteModel:
    """One model of one endpoint."""

    def __init__(self, name: str, endpoint: Endpoint, model: str) -> None:
        self._name = name
        self._endpoint = endpoint
        self._model = model

    async def __call__(self, question: Question, watcher: Watcher) -> Answer:
        """Answer, with each piece of it passed on as it comes."""
        await watcher.stage("waiting for the model")
        async with self._faults(question.seconds), self._client(question.seconds) as client:
            began = time.monotonic()
            completions: Any = client.chat.completions  # its overloads want each argument by name
            stream: AsyncStream[ChatCompletionChunk] = await completions.create(
                **self._request(question)
            )
            async with stream:
                return await _gather(stream, question, watcher, began)

    @asynccontextmanager
    async def _client(self, seconds: float) -> AsyncGenerator[AsyncOpenAI]:
        silence = min(SILENCE_SECONDS, seconds)
        http = DefaultAsyncHttpxClient(
            trust_env=False,
            follow_redirects=False,
            timeout=Timeout(silence, connect=CONNECT_SECONDS),
        )
        async with AsyncOpenAI(
            api_key=self._endpoint.api_key or "none",  # it insists; those without keys ignore it
            base_url=self._endpoint.base_url,
            max_retries=0,
            timeout=Timeout(silence, connect=CONNECT_SECONDS),
            http_client=http,
        ) as client:
            yield client

    def _request(self, question: Question) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._model,
            "messages": question.messages,
            "max_tokens": question.max_tokens,
            "temperature": question.temperature,
            "top_p": question.top_p,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if question.stop:
            request["stop"] = question.stop
        if question.seed is not None:
            request["seed"] = question.seed
        if question.schema is not None:
            schema = {"name": "answer", "schema": question.schema}
            request["response_format"] = {"type": "json_schema", "json_schema": schema}
        return request

    @asynccontextmanager
    async def _faults(self, seconds: float) -> AsyncGenerator[None]:
        """Give every way to fail its class; addresses and keys are in none of the messages."""
        who = f"The endpoint {self._name!r}"
        clock = asyncio.timeout(seconds)
        try:
            async with clock:
                yield
        except TimeoutError as error:
            if not clock.expired():
                raise
            raise JobTimeout(f"{who} took longer than {seconds:g} s.") from error
        except openai.APITimeoutError as error:
            raise JobTimeout(f"{who} was silent for too long.") from error
        except openai.APIConnectionError as error:
            raise TargetError(f"{who} cannot be reached, or broke the connection.") from error
        except openai.APIStatusError as error:
            raise self._refusal(who, error) from error
        except openai.APIError as error:
            raise TargetError(f"{who} broke off: {_words(error)}") from error
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            # The SDK decodes what comes without checking it.
            raise TargetError(f"{who} sent what is no chat completion.") from error

    def _refusal(self, who: str, error: openai.APIStatusError) -> JobError:
        code = error.status_code
        words = _words(error)
        if code == 429:
            wait = _retry_after(error.response.headers.get("retry-after"))
            return RateLimited(f"{who} asks for patience: {words}", retry_after=wait)
        if code in (401, 403):
            return NotConfigured(f"{who} refuses its key ({code}); check the endpoint's settings.")
        if code == 404:
            return NotConfigured(
                f"{who} does not know the model {self._model!r}, or its base URL is wrong (404)."
            )
        if code in (400, 413, 422):
            return InvalidInput(f"{who} refuses the request ({code}): {words}")
        return TargetError(f"{who} answered with status {code}: {words}")


async def _gather(
    stream: AsyncStream[ChatCompletionChunk], question: Question, watcher: Watcher, began: float
) -> Answer:
    pieces: list[str] = []
    first_at: float | None = None
    finish: str | None = None
    usage: CompletionUsage | None = None
    room = question.max_tokens * CHARACTERS_PER_TOKEN
    async for chunk in stream:
        usage = chunk.usage or usage
        for choice in (chunk.choices or ())[:1]:
            finish = choice.finish_reason or finish
            piece = choice.delta.content
            if piece:
                first_at = first_at or time.monotonic()
                room -= len(piece)
                if room < 0:
                    raise TargetError("The endpoint sends more than `max_tokens` allows.")
                pieces.append(piece)
                await watcher.text(piece, len(pieces))
    if finish is None:
        raise TargetError("The endpoint ended its answer before it was complete.")
    tokens = usage and Tokens(prompt=usage.prompt_tokens, completion=usage.completion_tokens)
    return Answer(
        text="".join(pieces),
        finish_reason=FINISHES.get(finish, "other"),
        tokens=tokens,
        first_token_ms=None if first_at is None else round((first_at - began) * 1000),
        tokens_per_second=_speed(tokens, first_at),
    )


def _speed(tokens: Tokens | None, first_at: float | None) -> float | None:
    """Tokens after the first by the time after the first."""
    if tokens is None or first_at is None or tokens.completion < 2:
        return None
    elapsed = time.monotonic() - first_at
    return round((tokens.completion - 1) / elapsed, 1) if elapsed > 0 else None


def _retry_after(value: str | None) -> float:
    """Seconds to wait by a `Retry-After` header, a number or a date (RFC 9110 10.2.3)."""
    seconds = PATIENCE_SECONDS
    if value:
        try:
            seconds = float(value) if value.strip().isdigit() else _until(value)
        except ValueError:
            seconds = PATIENCE_SECONDS
    return min(max(seconds, 0.0), MAX_PATIENCE_SECONDS)


def _until(date: str) -> float:
    return parsedate_to_datetime(date).timestamp() - time.time()


def _words(error: openai.APIError) -> str:
    """What the endpoint said, cut, on one line."""
    return " ".join(error.message.split())[:SHOWN] or "it gave no reason"
