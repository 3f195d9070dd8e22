"""What one check of `taskforge doctor` found."""

import msgspec

from taskforge.cli.output import ExitCode


class Finding(msgspec.Struct, frozen=True):
    """The outcome of one check."""

    name: str
    ok: bool
    """Whether TaskForge can do its work; with a remedy, it could do so better."""
    detail: str
    remedy: str = ""
    """The command, or the setting, that helps; empty when nothing has to."""
    code: ExitCode = ExitCode.OK

    @property
    def sign(self) -> str:
        """How it stands, at a glance."""
        if not self.ok:
            return "✗"
        return "!" if self.remedy else "✓"


def fine(name: str, detail: str) -> Finding:
    """All is well."""
    return Finding(name, True, detail)


def advice(name: str, detail: str, remedy: str) -> Finding:
    """It works, and could be better."""
    return Finding(name, True, detail, remedy)


def missing(name: str, detail: str, remedy: str, code: ExitCode = ExitCode.USAGE) -> Finding:
    """It does not work like this."""
    return Finding(name, False, detail, remedy, code)
