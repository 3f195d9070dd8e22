"""What a `security_scan` job asks for."""

import re
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from taskforge.handlers.base import Payload
from taskforge.handlers.scan.finding import Severity
from taskforge.handlers.scan.target import DEMO_URL, Target, parse_target

MAX_TARGET = 1_000_000
"""Characters of an inline text."""
DEFAULT_PORTS = (21, 22, 23, 25, 80, 110, 143, 443, 445, 1433, 2375, 3306, 3389, 5432, 5900, 6379,
                 8080, 8443, 9200, 11211, 27017)  # fmt: skip

FindingId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]
Port = Annotated[int, Meta(ge=1, le=65_535)]


class ScanType(StrEnum):
    """What is looked at."""

    HEADERS = "headers"
    TLS = "tls"
    DNS = "dns"
    PORTS = "ports"
    SECRETS = "secrets"
    CODE = "code"
    DEPENDENCIES = "dependencies"
    FULL = "full"
    """`headers`, `tls` and `dns`."""


READS_TEXT = frozenset({ScanType.SECRETS, ScanType.CODE, ScanType.DEPENDENCIES})


class ScanOptions(Payload, frozen=True):
    """How to look, and what to make of it."""

    severity_min: Severity = Severity.INFO
    """Findings below it are counted and graded, and not listed."""
    ports: Annotated[tuple[Port, ...], Meta(min_length=1, max_length=100)] = DEFAULT_PORTS
    path: Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")] = ""
    """Of a site: the page to ask for. Of a text given with the job: its file name, such as
    `requirements.txt`. Of an archive: the folder or file to read, in place of all."""
    timeout_s: Annotated[int, Meta(ge=1, le=120)] = 20
    """What one check may take; one that takes longer is skipped and the others go on."""
    baseline: Annotated[tuple[FindingId, ...], Meta(max_length=1_000)] = ()
    """Ids of findings that are known and accepted: neither listed nor graded."""
    fail_on: Severity | None = None
    """With a finding as bad as this or worse the result says `failed_policy`; the job itself
    succeeds, since the scan did what it was asked for."""


class ScanPayload(Payload, frozen=True):
    """One target and what to look at."""

    target: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MAX_TARGET,
            description=(
                "A URL or `host[:port]`; for secrets, code and dependencies `upload:<id>` or the"
                " text itself. The demo host `broken.taskforge.test` needs no network."
            ),
            extra_json_schema={"x-upload": "upload:{id}"},
        ),
    ] = DEMO_URL
    scan_type: ScanType = ScanType.HEADERS
    options: ScanOptions = ScanOptions()

    def __post_init__(self) -> None:
        parse_target(self.target, text=self.scan_type in READS_TEXT)
        if self.scan_type is ScanType.DNS and self.parsed().is_address:
            raise ValueError("`target` is an address; a dns scan needs a name")
        path = self.options.path
        if self.scan_type not in READS_TEXT and path and not re.fullmatch(r"/[!-~]*", path):
            raise ValueError("`options.path` of a site begins with `/` and is ASCII, no spaces")

    def parsed(self) -> Target:
        """The target, taken apart."""
        return parse_target(self.target, text=self.scan_type in READS_TEXT)
