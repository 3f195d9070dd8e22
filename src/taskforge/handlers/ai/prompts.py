"""From a job to what its model is sent: the frames of the tasks, and the schema of the answer."""

from typing import Any

import msgspec

from taskforge.handlers.ai.payload import AiJob, Role, Task

Messages = list[dict[str, str]]
"""`{"role", "content"}` of each turn, as every chat model takes them."""

ORDERS = {
    Task.EXTRACT: "Find the facts asked for in the text. Answer with JSON only.",
    Task.CLASSIFY: "Choose the class that fits the text best. Answer with JSON only.",
    Task.SUMMARISE: "Summarise the text in a few short sentences. Add nothing to it.",
}


def conversations(job: AiJob) -> list[Messages]:
    """The conversation to send for each prompt of a job."""
    if job.messages:
        turns = [_turn(message.role, message.content) for message in job.messages]
        return [[*_opening(job), *turns]]
    return [[*_opening(job), _turn(Role.USER, _framed(job, text))] for text in job.texts()]


def schema_of(job: AiJob) -> dict[str, Any] | None:
    """What the answer must fit; None for free text."""
    if job.labels is None:
        return job.response_schema
    return {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": job.labels}},
        "required": ["label"],
        "additionalProperties": False,
    }


def again(conversation: Messages, answer: str, faults: list[str]) -> Messages:
    """The conversation that asks once more for an answer that fits."""
    listed = "\n".join(f"- {fault}" for fault in faults)
    return [
        *conversation,
        _turn(Role.ASSISTANT, answer or "(nothing)"),
        _turn(
            Role.USER, f"This does not fit the JSON Schema:\n{listed}\nGive corrected JSON only."
        ),
    ]


def _opening(job: AiJob) -> Messages:
    order = ORDERS.get(job.task)
    said = [part for part in (job.system, order) if part]
    return [_turn(Role.SYSTEM, "\n\n".join(said))] if said else []


def _framed(job: AiJob, text: str) -> str:
    if job.task is Task.GENERATE:
        return text
    asked = f"Text:\n{text}"
    schema = schema_of(job)
    if job.labels:
        return f"{asked}\n\nClasses: {', '.join(job.labels)}"
    if schema:
        return f"{asked}\n\nJSON Schema of the answer: {msgspec.json.encode(schema).decode()}"
    return asked


def _turn(role: Role, content: str) -> dict[str, str]:
    return {"role": str(role), "content": content}
