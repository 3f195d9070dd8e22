"""What operations share: headers, parameters that no handler declares, and problem documents."""

from typing import Any

import msgspec

from taskforge.api.errors import MEDIA_TYPE, STATUSES, sample
from taskforge.api.openapi.schemas import ref
from taskforge.core.errors import Misdirected

_HEADERS: dict[str, tuple[dict[str, Any], str, object]] = {
    "Accept-Ranges": ({"type": "string", "const": "bytes"}, "Parts of it can be had.", "bytes"),
    "Content-Disposition": (
        {"type": "string"},
        "The name to save it under.",
        'attachment; filename="table.csv"',
    ),
    "Content-Range": ({"type": "string"}, "Which part it is, of how much.", "bytes 0-99/2048"),
    "ETag": (
        {"type": "string"},
        "Send it as `If-None-Match` to learn whether anything has changed.",
        '"4-9f2c41d0a7b35e68"',
    ),
    "Idempotent-Replayed": (
        {"type": "string", "const": "true"},
        "The request was a repeat: this is the answer of the first.",
        "true",
    ),
    "Location": (
        {"type": "string", "format": "uri-reference"},
        "Where the new thing is.",
        "/api/v1/jobs/019a2f6e-5c1d-7b43-9a57-3f0c8e6d2b14",
    ),
    "RateLimit": (
        {"type": "string"},
        "What is left (`r`), and the seconds until there is more (`t`).",
        '"default";r=117;t=60',
    ),
    "RateLimit-Policy": (
        {"type": "string"},
        "The limit: requests (`q`) in a sliding window of seconds (`w`).",
        '"default";q=120;w=60',
    ),
    "Retry-After": (
        {"type": "integer", "minimum": 1},
        "Seconds after which it is worth trying again.",
        7,
    ),
    "WWW-Authenticate": (
        {"type": "string"},
        "How to authenticate.",
        'Bearer realm="taskforge"',
    ),
    "X-Request-ID": (
        {"type": "string", "minLength": 8, "maxLength": 128},
        "The request's id, as in the logs; a client may send one of its own.",
        "01a205e8d03173909e5615a28f9d60d7",
    ),
}
_PARAMETERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "Idempotency-Key": (
        "header",
        {"type": "string", "minLength": 1, "maxLength": 257, "pattern": r"^[\x21-\x7e]+$"},
        (
            "1 to 255 visible ASCII characters, bare or in double quotes. The same request with"
            " the same key again makes nothing new, for 24 hours."
        ),
    ),
    "If-None-Match": (
        "header",
        {"type": "string"},
        "ETags that are known: answers 304 when one still holds.",
    ),
    "Range": (
        "header",
        {"type": "string"},
        "A part of the file, such as `bytes=0-1023`.",
    ),
    "If-Range": (
        "header",
        {"type": "string"},
        "The ETag that `Range` is meant for: another file comes whole.",
    ),
    "Last-Event-ID": (
        "header",
        {"type": "string"},
        "The `id` of the last event that was seen: what came after it is sent first.",
    ),
    "X-Taskforge-Session": (
        "header",
        {"type": "string", "pattern": r"^[\x20-\x7e]*$"},
        "Needed with the cookie, with any value: pages of other origins cannot send it.",
    ),
}
_WITH_HEADERS: dict[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    416: ("Content-Range",),
    429: ("Retry-After", "RateLimit", "RateLimit-Policy"),
    503: ("Retry-After",),
}
UPLOAD_FORM = {
    "type": "object",
    "description": "A form with one file, whose name tells the format.",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
}
PATH_WORDS = {
    "/jobs/{job_id}": "Id of the job.",
    "/operations/{operation_id}": "Id of the bulk operation.",
    "/failures/{fingerprint}": "Fingerprint of the group: 16 hexadecimal digits.",
    "/artifacts/{name}": "Name of the file, as the job lists it.",
    "/uploads/{upload_id}": "Id of the upload.",
    "/schedules/{schedule_id}": "Id of the schedule.",
    "/job-types/{name}": "Name of the job type, such as `data_processing`.",
    "/mailbox/{mail_id}": "Id of the message.",
    "/api-keys/{key_id}": "Id of the key.",
    "/sessions/{session_id}": "Id of the session.",
    "/deliveries/{delivery_id}": "Id of the delivery.",
    "/endpoints/{endpoint_id}": "Id of the receiver.",
    "/users/{user_id}": "Id of the account.",
    "/workers/{worker_id}": "Id of the worker unit.",
    "/queues/{name}": "Name of the queue: `critical`, `high`, `default` or `low`.",
}
"""What a parameter in a path is, by its place there."""


def shared_parts() -> dict[str, Any]:
    """The components besides schemas, to be referred to."""
    return {
        "headers": {
            name: {"description": words, "schema": schema, "example": example}
            for name, (schema, words, example) in _HEADERS.items()
        },
        "parameters": {
            name: {"name": name, "in": place, "description": words, "schema": schema}
            for name, (place, schema, words) in _PARAMETERS.items()
        },
        "responses": {
            kind.__name__: _problem(status)
            for kind, status in STATUSES.items()
            if kind is not Misdirected  # told by the name in the address, of no operation
        },
    }


def header_refs(*names: str) -> dict[str, Any]:
    """The headers of an answer, with the one that all answers have."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, "X-Request-ID")}


def parameter_ref(name: str) -> dict[str, str]:
    """A parameter that the handler reads by itself."""
    return {"$ref": f"#/components/parameters/{name}"}


def problem_ref(status: int) -> dict[str, str]:
    """The problem document of a status."""
    name = next(kind.__name__ for kind, known in STATUSES.items() if known == status)
    return {"$ref": f"#/components/responses/{name}"}


def _problem(status: int) -> dict[str, Any]:
    problem = sample(status)
    example = msgspec.to_builtins(problem)
    return {
        "description": problem.detail,
        "headers": header_refs(*_WITH_HEADERS.get(status, ())),
        "content": {MEDIA_TYPE: {"schema": ref("Problem"), "example": example}},
    }
