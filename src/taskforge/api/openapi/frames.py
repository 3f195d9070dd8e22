"""Live events: what the event stream, and the socket, carry (SPEC §4)."""

from typing import Any

from taskforge.api.live.pulse import PulseFrame
from taskforge.api.openapi.schemas import Schema, Schemas, name_enums, ref, tidy
from taskforge.core.events import DeletedFrame, Event, JobFrame, QueueFrame, WorkerFrame

FRAMES = (JobFrame, DeletedFrame, WorkerFrame, QueueFrame, PulseFrame)
"""The structs that are sent; each but the pulse gets the cursor as `id` on its way."""

_EVENTS = {
    "JobFrame": [it for it in Event if it.startswith("job_") and it != Event.JOB_DELETED],
    "DeletedFrame": [Event.JOB_DELETED],
    "WorkerFrame": [it for it in Event if it.startswith("worker_")],
    "QueueFrame": [it for it in Event if it.startswith("queue_")],
}
_CONNECTION = ["connected", "resync", "subscribed", "pong", "closing"]
_ID: Schema = {"type": "string", "description": "A cursor: what came after it can be asked for."}


def add_frames(schemas: Schemas) -> None:
    """Add the component `LiveFrame`: a union told apart by `event`."""
    for name, events in _EVENTS.items():
        fields = schemas[name]["properties"]
        fields |= {"event": {"enum": [event.value for event in events]}, "id": _ID}
        schemas[name]["required"] = [*dict.fromkeys(["event", "id", *schemas[name]["required"]])]
    told = [ref(name) for name in _EVENTS]
    schemas["ToldFrame"] = {"description": "Something has happened.", "oneOf": told}
    schemas["BatchFrame"] = _frame(
        "Several frames at once: the latest of each job.",
        {"event": {"enum": ["batch"]}, "id": _ID, "events": _list(ref("ToldFrame"))},
    )
    schemas["ConnectionFrame"] = _frame(
        "About the connection itself. After `resync` the lists have to be read again.",
        {"event": {"enum": _CONNECTION}},
    )
    schemas["LiveFrame"] = {
        "description": "What comes over a live connection.",
        "oneOf": [*told, ref("BatchFrame"), ref("PulseFrame"), ref("ConnectionFrame")],
    }
    del schemas["Event"]  # each frame has its own part of it
    for name in (*_EVENTS, "BatchFrame", "ConnectionFrame"):
        tidy(schemas[name])
    name_enums(schemas)


def _frame(words: str, properties: dict[str, Any]) -> Schema:
    return {
        "type": "object",
        "description": words,
        "required": list(properties),
        "properties": properties,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}
