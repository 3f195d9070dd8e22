"""Answers held against the description of the API."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import schemathesis

Check = Callable[[httpx.Response], Awaitable[None]]


def described_by(document: dict[str, Any]) -> Check:
    """A hook for a client's answers: it fails at the first that the description does not allow."""
    schema = schemathesis.openapi.from_dict(document)

    async def check(answer: httpx.Response) -> None:
        await answer.aread()
        asked = answer.request
        operation = schema.find_operation_by_path(asked.method, asked.url.path)
        assert operation is not None, f"not described: {asked.method} {asked.url.path}"
        assert str(answer.status_code) in operation.definition.raw["responses"], answer.text
        operation.validate_response(answer)

    return check


def plain_readings(document: dict[str, Any]) -> list[str]:
    """Paths to read that need no parameter; the stream of events never ends."""
    return [
        path
        for path, methods in document["paths"].items()
        if "{" not in path and methods.get("get", {}).get("operationId", "followEvents")
        != "followEvents"
    ]  # fmt: skip
