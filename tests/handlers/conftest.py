import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from taskforge.core.job import Progress
from taskforge.core.sandbox import SandboxLimits
from taskforge.outside.child import run_child


class LocalContext:
    """The context of a worker without its database: real children, reports kept in lists."""

    def __init__(self, datasets_dir):
        self.job_id = uuid4()
        self.attempt = 1
        self.previous_error = None
        self.deadline = datetime.now(UTC) + timedelta(seconds=60)
        self.datasets_dir = datasets_dir
        self.told = []
        self.logged = []
        self.first = asyncio.Event()

    async def progress(self, **parts):
        self._tell(Progress(**parts))

    def log(self, level, message, **fields):
        self.logged.append((level, message, fields))

    async def sandbox(self, function, *args, limits=None):
        return await run_child(
            function, args, limits=limits or SandboxLimits(), on_report=self._tell
        )

    def _tell(self, progress):
        self.told.append(progress)
        self.first.set()


@pytest.fixture
def ctx(tmp_path):
    folder = tmp_path / "datasets"
    folder.mkdir()
    return LocalContext(folder)
