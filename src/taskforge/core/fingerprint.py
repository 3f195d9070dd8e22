"""Which failures are alike: what an error says, without what only one job can have said.

The fingerprint of a failure is decided where its outcome is, once, and kept with the error: who
changes anything here begins new groups, and leaves the old ones as they are.
"""

import re
from hashlib import blake2b
from typing import Final

import msgspec

from taskforge.core.failures import ErrorRecord

LOOKED_AT: Final = 1_000
"""Characters of a message that tell failures apart."""
TITLE_LIMIT: Final = 300
"""Characters of a title."""
FINGERPRINT_PATTERN: Final = r"^[0-9a-f]{16}$(?!\n)"

_FINGERPRINT: Final = re.compile(FINGERPRINT_PATTERN)
_DIGEST_BYTES: Final = 8
_SPACE: Final = re.compile(r"\s+")
# Every repetition that another may follow is bounded: the time is linear in the message.
_VARYING: Final = re.compile(
    r"""
      (?P<url>     \b[a-z][a-z0-9+.-]{1,15}://[^\s'"<>]+ )
    | (?P<text>    (?<!\w) (?: '[^']{0,200}' | "[^"]{0,200}" | `[^`]{0,200}` ) (?!\w) )
    | (?P<email>   \b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8} )
    | (?P<id>      \b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b
                 | \b0x[0-9a-f]+\b
                 | \b(?=[a-f]{0,64}\d)[0-9a-f]{8,64}\b
                 | \b(?=[a-z_]{0,64}\d)\w{20,}\b )
    | (?P<time>    \b\d{4}-\d\d-\d\d (?: [t\ ]\d\d:\d\d (?: :\d\d (?: [.,]\d{1,9} )? )?
                   (?: z\b | [+-]\d\d:?\d\d )? )? )
    | (?P<host>    \b\d{1,3}(?:\.\d{1,3}){3}\b (?: :\d{1,5} )?
                 | (?<![\w:]) \[? (?: (?: [0-9a-f]{0,4}: ){3,7} | [0-9a-f]{0,4}:: ) [0-9a-f]{1,4}
                   (?![\w:]) (?: \] (?: :\d{1,5} )? )?
                 | \b(?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,24}\b (?: :\d{1,5} )? )
    | (?P<path>    (?<![\w/\\]) (?: ~ | \.{1,2} | [a-z]: )? [/\\] [\w.~@+-][^\s'":,;()<>]* )
    | (?P<n>       (?<![a-z0-9_]) \d+ (?: [.,_]\d+ )* )
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_FRAME: Final = re.compile(
    r'^ {2,200}File "([^"\n]{1,1000})", line \d+, in (\S{1,200})', re.MULTILINE
)
_PARTS: Final = re.compile(r"[/\\]")


def is_fingerprint(text: str) -> bool:
    """Whether it can be one; what cannot need not be looked for."""
    return _FINGERPRINT.match(text) is not None


def normalise(message: str) -> str:
    """The message in one line, with what varies from job to job replaced by what it is.

    `Host 'a.example' gave 503 after 1.2 s` is `Host <text> gave <n> after <n> s`. The time is
    linear, whatever the message.
    """
    line = _SPACE.sub(" ", message[:LOOKED_AT]).strip()
    return _VARYING.sub(_placeholder, line)[:TITLE_LIMIT]


def fingerprint(job_type: str, error: ErrorRecord) -> str:
    """What failures of one kind have in common: 16 hexadecimal digits.

    They agree in the job's type, the error's class and kind, the normalised message, and, where
    there is a trace, the function that raised, whichever line of it that was.
    """
    told = (
        job_type,
        error.class_,
        error.kind,
        normalise(error.message),
        _raised_in(error.traceback),
    )
    return blake2b(msgspec.json.encode(told), digest_size=_DIGEST_BYTES).hexdigest()


def marked(job_type: str, error: ErrorRecord) -> ErrorRecord:
    """The error with its fingerprint."""
    return msgspec.structs.replace(error, fingerprint=fingerprint(job_type, error))


def _placeholder(found: re.Match[str]) -> str:
    return f"<{found.lastgroup}>"


def _raised_in(trace: str | None) -> str | None:
    """File and function of the last frame: the end of the path alone, which no machine changes."""
    frames = _FRAME.findall(trace or "")
    if not frames:
        return None
    path, function = frames[-1]
    return "/".join([*_PARTS.split(path)[-2:], function])
