"""The engine's chunks, as far as they are used; the names are llama.cpp's."""

import msgspec

from taskforge.core.failures import InvalidInput, JobError


class Delta(msgspec.Struct, frozen=True):
    """More of the answer."""

    content: str | None = None


class Choice(msgspec.Struct, frozen=True):
    """The one answer that is asked for."""

    delta: Delta = Delta()
    finish_reason: str | None = None


class Usage(msgspec.Struct, frozen=True):
    """Exact counts; with the last chunk."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Timings(msgspec.Struct, frozen=True):
    """Of the answer so far."""

    predicted_n: int = 0
    """Tokens."""
    predicted_per_second: float | None = None


class Reading(msgspec.Struct, frozen=True):
    """How much of the prompt has been read, in tokens."""

    processed: int
    total: int


class Refusal(msgspec.Struct, frozen=True):
    """What is wrong."""

    message: str = ""
    type: str = ""
    n_prompt_tokens: int = 0
    n_ctx: int = 0

    def exception(self) -> JobError:
        """The same for the job's owner."""
        if self.type == "exceed_context_size_error":
            return InvalidInput(
                f"The prompt has {self.n_prompt_tokens:,} tokens; this model takes "
                f"{self.n_ctx:,} with its answer. Shorten it, or choose another model."
            )
        if self.type == "invalid_request_error":
            return InvalidInput(f"The engine refuses this request: {self.message[:500]}")
        return JobError(f"The engine failed: {self.message[:500]}")


class Chunk(msgspec.Struct, frozen=True):
    """One word of the engine."""

    choices: list[Choice] = []
    usage: Usage | None = None
    timings: Timings | None = None
    prompt_progress: Reading | None = None
    error: Refusal | None = None


decode_chunk = msgspec.json.Decoder(Chunk).decode
