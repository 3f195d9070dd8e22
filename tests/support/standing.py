"""A job and what bears upon its start, with only what matters spelled out."""

from datetime import UTC, datetime, timedelta
from typing import Any

from taskforge.core.ids import new_id
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus
from taskforge.core.why import Holders, LineFacts, Pace, Paces, QueueFacts, Standing, UnitFacts

AT = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
"""Half a minute after a full one."""


def a_unit(**fields: Any) -> UnitFacts:
    """A live unit that could run the job, with one of two slots free."""
    standard: dict[str, Any] = {
        "id": new_id(), "slots": 2, "busy": 1, "of_type": 0, "serves": True, "knows": True,
        "draining": False, "queues": ["default"], "types": ["email"],
    }  # fmt: skip
    return UnitFacts(**standard | fields)


def a_queue(**fields: Any) -> QueueFacts:
    """An open one."""
    standard: dict[str, Any] = {
        "name": "default", "is_open": True, "paused_at": None, "paused_by": None,
        "pause_reason": None, "resume_at": None,
    }  # fmt: skip
    return QueueFacts(**standard | fields)


def a_line(ahead: int = 0, **fields: Any) -> LineFacts:
    """So many jobs ahead, all of the same type and queue, due for a moment."""
    standard: dict[str, Any] = {
        "looked": ahead, "ahead": ahead, "of_queue": ahead, "of_type": ahead,
        "first_at": AT if ahead else None,
    }  # fmt: skip
    return LineFacts(**standard | fields)


def held(limit: int, running: int) -> Holders:
    """A limit of which so much is used."""
    return Holders(limit=limit, running=running, jobs=[new_id() for _ in range(min(running, 10))])


def facts(**fields: Any) -> Standing:
    """A queued job that nothing keeps."""
    standard: dict[str, Any] = {
        "at": AT, "id": new_id(), "type": "email", "priority": Priority.NORMAL,
        "status": JobStatus.QUEUED, "version": 1, "run_at": AT - timedelta(seconds=1),
        "queued_at": AT - timedelta(seconds=1), "started_at": None, "finished_at": None,
        "lease_expires_at": None, "cancel_requested_at": None, "worker_id": None, "failures": 0,
        "max_retries": 3, "is_suspect": False, "error_class": None, "error_kind": None,
        "queue": a_queue(), "queue_room": True, "queue_limit": None, "type_room": True,
        "type_limit": None, "units": [a_unit()], "line": a_line(), "crowd": None,
    }  # fmt: skip
    return Standing(**standard | fields)


def pace(**fields: Any) -> Pace:
    """E-mail jobs of the default queue, each of which ran for two seconds."""
    standard: dict[str, Any] = {
        "type": "email", "priority": 2, "starts": [0] * 5, "came_per_minute": 0.0, "runs": 10,
        "run_seconds": 20.0,
    }  # fmt: skip
    return Pace(**standard | fields)


def paces(*items: Pace) -> Paces:
    """The last minutes, of these and no other jobs."""
    return Paces(at=AT, items=list(items))
