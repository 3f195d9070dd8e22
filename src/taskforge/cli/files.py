"""`taskforge upload`, `job artifacts`, `job download`: files to and from jobs."""

import hashlib
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from http.client import HTTPResponse
from pathlib import Path
from typing import Annotated, BinaryIO
from urllib.parse import quote
from uuid import UUID

import msgspec
import typer
from rich.console import RenderableType
from rich.filesize import decimal
from rich.table import Column, Table
from rich.text import Text

from taskforge.cli.client import open_api
from taskforge.cli.moments import age
from taskforge.cli.output import Json, show, talk
from taskforge.cli.pictures import cell
from taskforge.core.errors import Conflict, Malformed, NotFound, TooLarge, Unavailable
from taskforge.core.files import MAX_UPLOAD_BYTES, Upload
from taskforge.core.history import ArtifactRecord

PIECE = 262_144

Id = Annotated[UUID, typer.Argument(metavar="ID", help="The job.")]
upload = typer.Typer(add_completion=False)


class _Artifacts(msgspec.Struct, frozen=True):
    items: list[ArtifactRecord]


@upload.command(name="upload")
def upload_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="At most 100 MiB.")],
    name: Annotated[
        str | None, typer.Option(help="Its suffix tells the format. [default: FILE's own]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Upload a file; jobs read it by the id that is printed, for 24 hours.

    CSV, TSV, NDJSON, JSON, Parquet, text, zip or tar.gz.
    """
    with _open(file) as content:
        size = os.fstat(content.fileno()).st_size
        if size > MAX_UPLOAD_BYTES:
            raise TooLarge(f"{file} has {size:,} bytes; {MAX_UPLOAD_BYTES:,} are taken.")
        answer = open_api().upload("/uploads", content, size, {"filename": name or file.name})
    kept = answer.read(Upload)
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: f"{kept.id} {kept.format}")


def artifacts(job_id: Id, as_json: Json = False) -> None:
    """List the files that a job produced."""
    answer = open_api().get(f"/jobs/{job_id}/artifacts")
    found = answer.read(_Artifacts).items
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: _table(found))


def download(
    job_id: Id,
    name: Annotated[str, typer.Argument(metavar="NAME", help="`job artifacts` lists them.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Or - for stdout. [default: NAME]"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Write over FILE.")] = False,
) -> None:
    """Download a file that a job produced, and check that it came whole."""
    path = f"/jobs/{job_id}/artifacts/{quote(name, safe='')}"
    if output == Path("-"):
        with open_api().open(path) as answer:
            _copy(answer, sys.stdout.buffer)
        return
    place = output or Path(Path(name).name)
    if place.is_dir():
        place /= Path(name).name
    if place.exists() and not force:
        raise Conflict(f"{place} is there already; --force writes over it.")
    with open_api().open(path) as answer:
        _save(answer, place)
    talk.print(f"{place}: {decimal(place.stat().st_size)}", markup=False, highlight=False)


def _open(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {file}.") from error
    except (OSError, ValueError) as error:
        raise Malformed(f"{file!s} cannot be read: {error}") from error


def _save(answer: HTTPResponse, place: Path) -> None:
    """Beside the place first: who is interrupted finds what was there before."""
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            _copy(answer, file)
        part.replace(place)
    except OSError as error:
        raise Malformed(f"{place} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _copy(answer: HTTPResponse, file: BinaryIO) -> None:
    digest = hashlib.sha256()
    while piece := answer.read(PIECE):
        digest.update(piece)
        file.write(piece)
    file.flush()
    if answer.headers.get("ETag") != f'"{digest.hexdigest()}"':
        raise Unavailable("The file was cut off on its way; try again.", retry_after=1)


def _table(found: Sequence[ArtifactRecord]) -> RenderableType:
    if not found:
        return Text("no files", style="dim")
    now = datetime.now(UTC)
    table = Table("name", Column("size", justify="right"), "type", "made", "attempt", box=None)
    for it in found:
        table.add_row(
            cell(it.name),
            decimal(it.size_bytes),
            cell(it.media_type),
            age(it.created_at, now),
            str(it.attempt),
        )
    return table
