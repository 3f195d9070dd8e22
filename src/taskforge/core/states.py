"""The life of a job: statuses, the moves between them, and which of them are final.

This module owns the state machine. `db/moves.py` carries the moves out, the CHECK constraints of
the `jobs` table restate it, and the API schema publishes the names; tests hold them together.

                        ┌────────── RELEASE ──────────┐
    scheduled ─PROMOTE─▶ queued ──────CLAIM──────▶ running ─SUCCEED─▶ success
                        ▲   ▲                        │ │ └──FAIL────▶ failed ─────┐
                 PROMOTE│   │REVIVE                  │ └────BURY────▶ dead_letter ┤
                        │   │                        └──────STOP────▶ cancelled ──┤
                    retrying ◀───────RETRY─────────── running                     │
                            └───────────────────────REVIVE────────────────────────┘

CANCEL takes a waiting job (scheduled, queued, retrying) straight to cancelled.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class JobStatus(StrEnum):
    """Where a job stands; the values are the wire names (SPEC §2)."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCESS = "success"
    FAILED = "failed"
    DEAD_LETTER = "dead_letter"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """A step of the state machine, named for what happens to the job."""

    PROMOTE = "promote"
    CLAIM = "claim"
    SUCCEED = "succeed"
    RETRY = "retry"
    FAIL = "fail"
    BURY = "bury"
    RELEASE = "release"
    CANCEL = "cancel"
    STOP = "stop"
    REVIVE = "revive"


class Rule(NamedTuple):
    """From which statuses a move may start, and where it ends."""

    sources: frozenset[JobStatus]
    target: JobStatus


def _rule(*sources: JobStatus, to: JobStatus) -> Rule:
    return Rule(frozenset(sources), to)


_S = JobStatus

MOVES: Mapping[Move, Rule] = MappingProxyType(
    {
        Move.PROMOTE: _rule(_S.SCHEDULED, _S.RETRYING, to=_S.QUEUED),
        Move.CLAIM: _rule(_S.QUEUED, to=_S.RUNNING),
        Move.SUCCEED: _rule(_S.RUNNING, to=_S.SUCCESS),
        Move.RETRY: _rule(_S.RUNNING, to=_S.RETRYING),
        Move.FAIL: _rule(_S.RUNNING, to=_S.FAILED),
        Move.BURY: _rule(_S.RUNNING, to=_S.DEAD_LETTER),
        Move.RELEASE: _rule(_S.RUNNING, to=_S.QUEUED),
        Move.CANCEL: _rule(_S.SCHEDULED, _S.QUEUED, _S.RETRYING, to=_S.CANCELLED),
        Move.STOP: _rule(_S.RUNNING, to=_S.CANCELLED),
        Move.REVIVE: _rule(_S.FAILED, _S.DEAD_LETTER, _S.CANCELLED, to=_S.QUEUED),
    }
)

BIRTH: frozenset[JobStatus] = frozenset({_S.SCHEDULED, _S.QUEUED})
"""What a job may be when it is created: due at once, or later."""

WAITING: frozenset[JobStatus] = MOVES[Move.CANCEL].sources
"""Statuses in which nothing runs and a cancel takes effect at once."""

FINAL: frozenset[JobStatus] = frozenset({_S.SUCCESS, _S.FAILED, _S.DEAD_LETTER, _S.CANCELLED})
"""Statuses that only a person's REVIVE leaves; `success` is never left."""


def is_final(status: JobStatus) -> bool:
    """Whether the job has ended (a person may still revive it, except after success)."""
    return status in FINAL


def allows(move: Move, status: JobStatus) -> bool:
    """Whether `move` may start from `status`."""
    return status in MOVES[move].sources
