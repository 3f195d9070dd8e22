"""What the companion of an embedded model does: load it once, then answer one question at a time.

The engine (llama.cpp, by xllamacpp) always opens its HTTP door, which asks for no password. Here it
is a socket in the companion's own folder, which only this account can enter: no port is opened.
"""

import functools
import importlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from taskforge.core.failures import InvalidInput, JobError, NotConfigured
from taskforge.handlers.ai.answer import Answer, Finish, Question, Tokens
from taskforge.handlers.ai.engine_words import Chunk, Usage, decode_chunk
from taskforge.handlers.ai.weights import is_genuine
from taskforge.handlers.voice import Say

CONTEXT_TOKENS = 2_048
"""Prompt and answer together; twice as many would take 50 MB more."""
BATCH_TOKENS = 64
"""How much of a prompt is read between two looks at whether anybody still waits."""
SOCKET = "engine.sock"
FINISHES: Mapping[str, Finish] = {"stop": "stop", "length": "length"}

# It has no types, and loads 100 MB of machine code: the companion alone imports this module.
_xllamacpp: Any = importlib.import_module("xllamacpp")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the companion is asked."""

    path: str
    """Absolute; of the weights."""
    sha256: str
    command: str
    """That brings the weights, should they be damaged."""
    question: Question


def generate(request: Any, say: Say) -> Answer:
    """Answer a question.

    Args:
        request: an `Order` as plain values.
        say: told `{"stage", "message"}` before there is text, then `{"text", "tokens"}`.

    Raises:
        NotConfigured: the weights are not what they should be.
        InvalidInput: a prompt that is too long, or a schema that makes no grammar.
    """
    began = time.monotonic()
    order = msgspec.convert(request, Order)
    if not load.cache_info().currsize:
        say({"stage": "loading the model"})
    server = load(order.path, order.sha256, order.command)
    listener = _Listener(say, began)
    try:
        server.handle_chat_completions(_body(order.question), listener)
    except (ValueError, RuntimeError) as error:
        line = str(error).strip().rpartition("\n")[2][:500]
        raise InvalidInput(f"The engine refuses this request: {line}") from error
    return listener.answer()


@functools.lru_cache(maxsize=1)
def load(path: str, sha256: str, command: str) -> Any:
    """The engine with a model in it; loaded once.

    Raises:
        NotConfigured: the file has another digest than it should, or cannot be read.
        JobError: the engine would open a port.
    """
    try:
        genuine = is_genuine(Path(path), sha256)
    except OSError as error:
        raise NotConfigured(f"The model's file cannot be read: {error.strerror}.") from error
    if not genuine:
        raise NotConfigured(f"The model's file is damaged, or another than expected: `{command}`.")
    server = _xllamacpp.Server(_parameters(path))
    if not server.listening_address.startswith("unix:"):
        raise JobError("The engine opened a network port; this version cannot be used.")
    return server


def _parameters(path: str) -> Any:
    parameters = _xllamacpp.CommonParams()
    parameters.model.path = path
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    parameters.n_parallel = 1
    # Its threads wait for each other by spinning: on a busy machine two are many times slower.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.n_gpu_layers = 0
    parameters.fit_params = False
    parameters.warmup = False
    parameters.cache_ram_mib = 0
    parameters.hostnames = [SOCKET]
    parameters.n_threads_http = 1
    parameters.endpoint_slots = parameters.ui = False
    parameters.verbosity = 0
    return parameters


def _body(question: Question) -> str:
    body: dict[str, Any] = {
        "messages": question.messages,
        "max_tokens": question.max_tokens,
        "temperature": question.temperature,
        "top_p": question.top_p,
        "stop": question.stop,
        "stream": True,
        "stream_options": {"include_usage": True},
        "timings_per_token": True,
        "return_progress": True,
        # What is left of the question before would change the answer in its last digits.
        "cache_prompt": False,
    }
    if question.seed is not None:
        body["seed"] = question.seed
    if question.schema is not None:
        schema = {"name": "answer", "strict": True, "schema": question.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return msgspec.json.encode(body).decode()


class _Listener:
    """Hears the engine's chunks, passes them on, and says whether to stop."""

    def __init__(self, say: Say, began: float) -> None:
        self._say = say
        self._began = began
        self._first_at: float | None = None
        self._pieces: list[str] = []
        self._finish = ""
        self._usage = Usage()
        self._speed: float | None = None
        self._error: JobError | None = None

    def __call__(self, chunk: str) -> bool:
        told = decode_chunk(chunk)
        if told.error:
            self._error = told.error.exception()
            return True
        self._usage = told.usage or self._usage
        if told.timings:
            self._speed = told.timings.predicted_per_second
        for choice in told.choices:
            self._finish = choice.finish_reason or self._finish
            if choice.delta.content:
                return self._text(choice.delta.content, told)
        return self._say(_progress(told))

    def answer(self) -> Answer:
        """The whole, once the engine has returned."""
        if self._error:
            raise self._error
        first = None if self._first_at is None else (self._first_at - self._began) * 1000
        return Answer(
            text="".join(self._pieces),
            finish_reason=FINISHES.get(self._finish, "other"),
            tokens=Tokens(
                prompt=self._usage.prompt_tokens, completion=self._usage.completion_tokens
            ),
            first_token_ms=None if first is None else round(first),
            tokens_per_second=None if self._speed is None else round(self._speed, 1),
        )

    def _text(self, piece: str, told: Chunk) -> bool:
        if self._first_at is None:
            self._first_at = time.monotonic()
        self._pieces.append(piece)
        made = told.timings.predicted_n if told.timings else len(self._pieces)
        return self._say({"text": piece, "tokens": made})


def _progress(told: Chunk) -> dict[str, str] | None:
    reading = told.prompt_progress
    if reading is None:
        return None
    message = f"{reading.processed:,} of {reading.total:,} tokens"
    return {"stage": "reading the prompt", "message": message}
