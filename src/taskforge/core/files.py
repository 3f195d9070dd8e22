"""Files that jobs produce (artifacts) and files that clients give them (uploads)."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

MAX_ARTIFACTS = 50
"""Of one job."""
MAX_ARTIFACT_BYTES = 1024**3
MAX_UPLOAD_BYTES = 100 * 1024**2
MAX_KEPT_BYTES = 1024**3
"""Of the uploads of one account."""
KEPT_HOURS = 24
"""How long an upload is kept."""

ARTIFACT_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
ArtifactName = Annotated[str, Meta(pattern=rf"^{ARTIFACT_NAME}$(?!\n)")]


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a client gave for jobs to read."""

    id: UUID
    filename: str
    """As the client called it; never part of a path."""
    format: str
    """What its suffix names, such as `csv` or `parquet`."""
    size_bytes: int
    sha256: str
    created_by: UUID
    created_at: datetime
    expires_at: datetime


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file where this process can read it."""

    path: Path
    """Absolute; to be read only."""
    name: str
    media_type: str
    size_bytes: int
