"""Whether this worker can run a job: its type is known, and its payload fits (R-92)."""

from typing import NamedTuple

import msgspec

from taskforge.core.errors import TaskForgeError
from taskforge.db.claims import Claimed
from taskforge.handlers.base import JobType, Payload
from taskforge.handlers.registry import Registry


class NoHandler(Exception):
    """Another release of the job's type accepted it, and this one cannot run it."""


class Fitting(NamedTuple):
    """What a job needs to run here."""

    job_type: JobType
    ask: Payload


def fit(registry: Registry, claimed: Claimed) -> Fitting:
    """Find the handler of a claimed job and decode its payload.

    Raises:
        NoHandler: with a sentence that says why it cannot be run here.
    """
    name = claimed.row.type
    try:
        job_type = registry.get(name)
        return Fitting(job_type, msgspec.json.decode(claimed.payload, type=job_type.payload))
    except TaskForgeError as error:
        raise NoHandler(f"This worker does not know type {name!r}") from error
    except msgspec.MsgspecError as error:
        raise NoHandler(
            f"The payload does not fit type {name!r} as this worker knows it: {error}"
        ) from error
