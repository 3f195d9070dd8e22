import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from taskforge.core.failures import InvalidInput
from taskforge.core.files import StoredFile
from taskforge.core.history import ArtifactRecord
from taskforge.core.job import Progress
from taskforge.core.sandbox import SandboxLimits
from taskforge.outside.child.run import run_child
from taskforge.outside.companion.companions import Companions
from taskforge.outside.http.client import SafeHttp
from taskforge.outside.store import digest_of


class LocalContext:
    """The context of a worker without its database: real children, real files, real sockets.

    What the handler tells is kept in lists and dicts: `told`, `logged`, `streamed`, `kept`,
    `memory` (shared by contexts that are given the same dict), `artifacts`.
    """

    def __init__(self, folder, *, http=None, settings=None, memory=None, kept=None):
        self.job_id = uuid4()
        self.attempt = 1
        self.previous_error = None
        self.deadline = datetime.now(UTC) + timedelta(seconds=60)
        self.datasets_dir = folder / "datasets"
        self.datasets_dir.mkdir(exist_ok=True)
        self.http = http or SafeHttp()
        self.settings = settings or {}
        self.told = []
        self.logged = []
        self.streamed = []
        self.kept = {} if kept is None else kept
        self.memory = {} if memory is None else memory
        self.artifacts = {}
        self.uploads = {}
        self.results = {}
        self.first = asyncio.Event()
        self.companions = Companions()
        self._folder = folder

    async def progress(self, **parts):
        self._tell(Progress(**parts))
        await asyncio.sleep(0)

    def log(self, level, message, **fields):
        self.logged.append((level, message, fields))

    def stream(self, text):
        self.streamed.append(text)

    def setting(self, name):
        return self.settings.get(name, "")

    async def checkpoint(self, data, *, key=""):
        self.kept[key] = msgspec.json.encode(data)

    async def resume(self, key=""):
        return msgspec.json.decode(self.kept[key]) if key in self.kept else None

    async def checkpoints(self):
        return {key: msgspec.json.decode(body) for key, body in self.kept.items()}

    async def remember(self, key, data):
        self.memory[key] = msgspec.json.encode(data)

    async def recall(self, key):
        return msgspec.json.decode(self.memory[key]) if key in self.memory else None

    @asynccontextmanager
    async def artifact(self, name, media_type):
        draft = Draft()
        yield draft
        path = self.workdir() / f"draft-{name}"
        path.write_bytes(b"".join(draft.parts))
        await self.publish(path, name, media_type)

    async def publish(self, path, name, media_type):
        assert path.resolve().parent == self.workdir()
        place = self._folder / "artifacts"
        place.mkdir(exist_ok=True)
        digest, kept = digest_of(path), path.rename(place / name)
        self.artifacts[name] = kept
        return ArtifactRecord(
            name=name, attempt=self.attempt, media_type=media_type,
            size_bytes=kept.stat().st_size, sha256=digest, created_at=datetime.now(UTC),
        )  # fmt: skip

    def workdir(self):
        folder = self._folder / "work"
        folder.mkdir(exist_ok=True)
        return folder.resolve()

    def give_upload(self, name, content):
        """A file as if a client had uploaded it; returns its id."""
        upload_id = uuid4()
        path = self._folder / str(upload_id)
        path.write_bytes(content)
        self.uploads[upload_id] = StoredFile(
            path=path, name=name, media_type=name.rpartition(".")[2], size_bytes=len(content)
        )
        return upload_id

    async def open_upload(self, upload_id):
        if upload_id not in self.uploads:
            raise InvalidInput(f"There is no upload {upload_id}.")
        return self.uploads[upload_id]

    async def open_artifact(self, job_id: UUID, name):
        if job_id != self.job_id or name not in self.artifacts:
            raise InvalidInput(f"Job {job_id} has no artifact {name!r}.")
        path = self.artifacts[name]
        return StoredFile(
            path=path, name=name, media_type="text/plain", size_bytes=path.stat().st_size
        )

    async def result_of(self, job_id):
        return self.results.get(job_id)

    async def sandbox(self, function, *args, limits=None):
        return await run_child(
            function, args, limits=limits or SandboxLimits(), on_report=self._tell
        )

    async def companion(self, function, request, **options):
        return await self.companions.ask(function, request, **options)

    def _tell(self, progress):
        self.told.append(progress)
        self.first.set()


class Draft:
    def __init__(self):
        self.parts = []

    async def write(self, data):
        self.parts.append(bytes(data))


@pytest.fixture
async def ctx(tmp_path):
    context = LocalContext(tmp_path)
    yield context
    await context.companions.aclose()
    await context.http.aclose()
