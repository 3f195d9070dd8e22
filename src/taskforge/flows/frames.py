"""From a moved row to the frame that tells of it."""

from datetime import datetime

from taskforge.core.events import ENTERED, JobFrame
from taskforge.core.job import JobRow


def moved(row: JobRow, at: datetime) -> JobFrame:
    """The frame for a job that has just entered its status."""
    return JobFrame(
        event=ENTERED[row.status],
        job_id=row.id,
        type=row.type,
        priority=row.priority,
        status=row.status,
        version=row.version,
        at=at,
        job=row,
    )
