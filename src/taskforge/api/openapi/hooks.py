"""The calls that we make: webhooks at the end of a job (SPEC §6)."""

from typing import Any

from taskforge.api.openapi.schemas import Schemas, ref
from taskforge.core.states import FINAL, JobStatus
from taskforge.core.webhook import RETRY_AFTER_LIMIT

_WORDS = {
    JobStatus.SUCCESS: "The handler returned; the result is at `GET /api/v1/jobs/{job_id}`.",
    JobStatus.FAILED: "It failed in a way that a repetition cannot help; `error` says how.",
    JobStatus.DEAD_LETTER: "It failed too often; `error` says how it failed the last time.",
    JobStatus.CANCELLED: "Somebody stopped it.",
}
_HEADERS = {
    "webhook-id": (
        {"type": "string", "format": "uuid"},
        "The same each time that this webhook is sent: tells a repetition.",
        "019a2f6e-71d0-7e0a-b5a4-6f2c9d1e8a37",
    ),
    "webhook-timestamp": (
        {"type": "string", "pattern": "^[0-9]+$"},
        "When this call was signed, in seconds since 1970. Refuse what is older than 5 minutes.",
        "1769846405",
    ),
    "webhook-signature": (
        {"type": "string"},
        (
            "`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; one for each live secret,"
            " with spaces between. Absent while the account has no secret."
        ),
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
}


def webhooks(schemas: Schemas, example: Any) -> dict[str, Any]:
    """The section `webhooks`.

    Args:
        schemas: has the body; the choice of its events gets a name of its own.
        example: of a body.
    """
    events = {f"job.{status}": status for status in JobStatus if status in FINAL}
    choice = schemas.pop("WebhookBodyType")
    schemas["WebhookEvent"] = choice | {"description": "What a webhook tells of."}
    schemas["WebhookBody"]["properties"]["type"] = ref("WebhookEvent")
    return {event: {"post": _call(status, example)} for event, status in events.items()}


def _call(status: JobStatus, example: Any) -> dict[str, Any]:
    data = {key: value for key, value in example["data"].items() if key != "error"}
    if status in (JobStatus.FAILED, JobStatus.DEAD_LETTER):
        data["error"] = {"class": "target_error", "kind": "ConnectError", "message": "no answer"}
    said = example | {"type": f"job.{status}", "data": data | {"status": status.value}}
    name = "".join(word.capitalize() for word in status.split("_"))
    return {
        "operationId": f"receiveJob{name}",
        "tags": ["webhooks"],
        "summary": f"A job has ended as `{status}`",
        "description": f"{_WORDS[status]} Sent to the job's `webhook_url`.",
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": name != "webhook-signature",
                "description": words,
                "schema": schema,
                "example": value,
            }
            for name, (schema, words, value) in _HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": ref("WebhookBody"), "example": said}},
        },
        "responses": {
            "2XX": {"description": "Taken. Anything else is a failure, redirects too."},
            "410": {"description": "Nobody is there: it is not sent again."},
            "429": {
                "description": f"Not now. `Retry-After` is honoured, up to {RETRY_AFTER_LIMIT:.0f}"
                " seconds.",
                "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
            },
            "default": {"description": "Sent again, after longer and longer pauses."},
        },
    }
