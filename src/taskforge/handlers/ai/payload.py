"""What an `ai_inference` job asks for."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from taskforge.handlers.ai.schemas import check_schema
from taskforge.handlers.ai.template import Scalar, fill
from taskforge.handlers.base import Payload

EMBEDDED = "embedded"
DEFAULT_BACKEND = "default"
"""The endpoint of AI_BASE_URL."""
DEFAULT_MODEL = "embedded/smollm2-135m-instruct"
MAX_PROMPT = 32_000
"""Characters of one prompt: of all its messages together."""
MAX_BATCH = 100
MAX_BATCH_CHARACTERS = 1_000_000
EMBEDDED_MAX_TOKENS = 512

Text = Annotated[str, Meta(min_length=1, max_length=MAX_PROMPT)]
Label = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
VariableName = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$(?!\n)")]


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Message(Payload, frozen=True):
    """One turn of a conversation."""

    role: Role
    content: Text


class Task(StrEnum):
    """What is asked for; each but `generate` puts the prompt into a frame of its own."""

    GENERATE = "generate"
    EXTRACT = "extract"
    CLASSIFY = "classify"
    SUMMARISE = "summarise"


class AiJob(Payload, frozen=True):
    """One prompt, or up to a hundred, for one model.

    Exactly one of `prompt`, `messages`, `template` and `prompts` is given.
    """

    model: Annotated[
        str,
        Meta(
            pattern=r"^([a-z0-9][a-z0-9_-]{0,31}/)?[^/\s\x00-\x1f\x7f][^\s\x00-\x1f\x7f]{0,199}$(?!\n)",
            description="`backend/name`, or a name alone for the endpoint of AI_BASE_URL. The"
            " embedded model needs no account and no network.",
            examples=[DEFAULT_MODEL],
        ),
    ] = DEFAULT_MODEL
    prompt: Text | None = None
    messages: Annotated[list[Message], Meta(min_length=1, max_length=100)] | None = None
    """A conversation; the last turn is the user's."""
    template: Text | None = None
    """A prompt with `{name}` where values belong; `{{` and `}}` stand for braces."""
    variables: Annotated[dict[VariableName, Scalar], Meta(max_length=50)] = msgspec.field(
        default_factory=dict[str, Scalar]
    )
    """A value for each name in `template`, no more and no fewer."""
    prompts: Annotated[list[Text], Meta(min_length=1, max_length=MAX_BATCH)] | None = None
    """A batch: each is answered by itself, in order; a retry goes on after the last answer."""
    system: Text | None = None
    """What the model is told before every prompt."""
    task: Task = Task.GENERATE
    labels: Annotated[list[Label], Meta(min_length=2, max_length=50)] | None = None
    """The classes of `classify`; the answer is `{"label": one of them}`."""
    response_schema: dict[str, Any] | None = None
    """A subset of JSON Schema; the answer is JSON that fits it."""
    max_tokens: Annotated[int, Meta(ge=1, le=4_096)] = 256
    """Of each answer; the embedded model makes at most 512."""
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.7
    """0: always the likeliest word."""
    top_p: Annotated[float, Meta(gt=0, le=1)] = 0.95
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    """The same seed gives the same answer, as far as the model's backend keeps to it."""
    stop: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...], Meta(max_length=4)
    ] = ()
    """The answer ends before any of these."""
    timeout_s: Annotated[float, Meta(ge=1, le=3_600)] = 120
    """Seconds for each answer."""

    def __post_init__(self) -> None:
        self._check_form()
        self._check_size()
        self._check_task()
        if self.response_schema is not None:
            check_schema(self.response_schema)
        if self.backend == EMBEDDED and self.max_tokens > EMBEDDED_MAX_TOKENS:
            raise ValueError(f"`max_tokens` of an embedded model is at most {EMBEDDED_MAX_TOKENS}")

    @property
    def backend(self) -> str:
        """Who answers: the part of `model` before the first slash."""
        return self.model.partition("/")[0] if "/" in self.model else DEFAULT_BACKEND

    @property
    def model_name(self) -> str:
        """The model as its backend calls it."""
        return self.model.partition("/")[2] or self.model

    def texts(self) -> list[str]:
        """The prompts as they were given, variables filled in; a conversation's last turn."""
        if self.prompts is not None:
            return self.prompts
        if self.template is not None:
            return [fill(self.template, self.variables, limit=MAX_PROMPT)]
        return [self.messages[-1].content if self.messages else self.prompt or ""]

    def _check_form(self) -> None:
        given = [
            name
            for name in ("prompt", "messages", "template", "prompts")
            if getattr(self, name) is not None
        ]
        if len(given) != 1:
            said = " and ".join(f"`{name}`" for name in given) or "none of them"
            raise ValueError(
                f"Give one of `prompt`, `messages`, `template` and `prompts`; there is {said}"
            )
        if self.variables and self.template is None:
            raise ValueError("`variables` belong to a `template`")
        if self.messages and self.messages[-1].role is not Role.USER:
            raise ValueError("the last of `messages` must be the user's")
        if self.messages and self.task is not Task.GENERATE:
            raise ValueError(f"`{self.task}` takes a prompt; `messages` are for `generate`")

    def _check_size(self) -> None:
        texts = self.texts()
        if not all(texts):
            raise ValueError("`template` makes an empty prompt of these `variables`")
        said = sum(len(message.content) for message in self.messages or ())
        longest = max(said, *(len(text) for text in texts)) + len(self.system or "")
        if longest > MAX_PROMPT:
            raise ValueError(f"a prompt has at most {MAX_PROMPT:,} characters, all parts together")
        if sum(len(text) for text in texts) > MAX_BATCH_CHARACTERS:
            raise ValueError(f"`prompts` have at most {MAX_BATCH_CHARACTERS:,} characters together")

    def _check_task(self) -> None:
        if self.labels is not None and self.task is not Task.CLASSIFY:
            raise ValueError("`labels` belong to the task `classify`")
        if self.labels is not None and len(set(self.labels)) < len(self.labels):
            raise ValueError("`labels` are not all different")
        if self.labels is not None and self.response_schema is not None:
            raise ValueError("Give either `labels` or `response_schema`")
        if self.task is Task.CLASSIFY and self.labels is None and self.response_schema is None:
            raise ValueError("`classify` needs `labels`, or a `response_schema`")
        if self.task is Task.EXTRACT and self.response_schema is None:
            raise ValueError("`extract` needs a `response_schema`: what to find")
