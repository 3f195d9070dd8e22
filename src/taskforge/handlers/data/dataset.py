"""Where a table comes from, and where its result goes, as a job says it."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from taskforge.core.outbound import URL_LIMIT
from taskforge.handlers.base import Payload
from taskforge.handlers.data.terms import ColumnName, Scalar

MAX_INLINE_ROWS = 10_000
MAX_INLINE_BYTES = 2_000_000
MAX_PREVIEW_ROWS = 200

FileName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_ ./-]{0,199}\.(csv|tsv|parquet|ndjson|jsonl|json)$(?!\n)",
        description="A file in the installation's data folder, by its path inside it.",
        examples=["orders.csv"],
    ),
]
Address = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s\x00-\x1f\x7f]+$(?!\n)",
        max_length=URL_LIMIT,
        description="A public http or https address of a file of at most 20 MB.",
        examples=["https://example.com/orders.csv"],
    ),
]
InlineRows = Annotated[
    list[dict[ColumnName, Scalar]],
    Meta(
        min_length=1,
        max_length=MAX_INLINE_ROWS,
        description="Rows as objects, at most 2 MB of JSON.",
    ),
]
FileFormat = Literal["csv", "tsv", "ndjson", "json", "parquet"]


class Source(Payload, frozen=True):
    """A table given with the job, an upload, an address, or a file on the server: one of them."""

    inline: InlineRows | UnsetType = UNSET
    upload: (
        Annotated[
            UUID,
            Meta(
                description="The id of a file given by `POST /api/v1/uploads`.",
                extra_json_schema={"x-upload": "{id}"},
            ),
        ]
        | UnsetType
    ) = UNSET
    url: Address | UnsetType = UNSET
    file: FileName | UnsetType = UNSET
    format: (
        Annotated[
            FileFormat,
            Meta(description="Of what `url` leads to, where neither name nor reply tell it."),
        ]
        | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        given = [self.inline, self.upload, self.url, self.file]
        if sum(part is not UNSET for part in given) != 1:
            raise ValueError("Give one of `inline`, `upload`, `url` and `file`")
        if self.format is not UNSET and self.url is UNSET:
            raise ValueError("`format` is for `url` only; other sources tell theirs")
        if isinstance(self.file, str) and ".." in self.file.split("/"):
            raise ValueError("`file` must stay inside the data folder")
        if self.inline is not UNSET and len(msgspec.json.encode(self.inline)) > MAX_INLINE_BYTES:
            raise ValueError(f"`inline` has more than {MAX_INLINE_BYTES:,} bytes")


BuiltIn = Literal["sales_q1", "web_logs", "sensors", "customers", "transactions"]
Dataset = BuiltIn | Source


class OutputFormat(StrEnum):
    """How the file of a result is written."""

    CSV = "csv"
    """With a header; texts that a spreadsheet would run as formulas begin with an apostrophe."""
    JSON = "json"
    """One array of objects."""
    NDJSON = "ndjson"
    PARQUET = "parquet"


class Output(Payload, frozen=True):
    """How much of the result to show, and whether to make a file of all of it."""

    format: Annotated[
        OutputFormat | None,
        Meta(description="Write all rows to a file of this format; `export` writes CSV anyway."),
    ] = None
    preview_rows: Annotated[
        int, Meta(ge=0, le=MAX_PREVIEW_ROWS, description="Rows shown in the result.")
    ] = 50


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one run, as the child process is told them; absolute paths."""

    datasets_dir: str
    """The folder with the installation's data files."""
    given: str | None = None
    """A file that the job has brought: an upload, or what an address led to."""
    given_name: str = ""
    """What people call it."""
    given_format: str = ""
    """One of FileFormat."""
    output: str | None = None
    """The file to write; there is none yet."""


def dataset_name(dataset: Dataset) -> str:
    """A data set as people call it."""
    if isinstance(dataset, str):
        return dataset
    if isinstance(dataset.upload, UUID):
        return f"upload {dataset.upload}"
    for name in (dataset.file, dataset.url):
        if isinstance(name, str):
            return name
    return "an inline table"
