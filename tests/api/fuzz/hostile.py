"""Hostile values, and the operations of a description that they are put into."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

DEEP, MANY, LARGE = 10_000, 10_001, 1_048_577


class Route(NamedTuple):
    """An operation with a JSON body."""

    name: str
    method: str
    path: str
    example: dict[str, Any]
    fields: list[str]
    """That the description knows, and one that it does not."""

    def having(self, key: str, value: str) -> bytes:
        """The example with this text as the value of one of its fields, or of a further one."""
        fields = {name: json.dumps(it) for name, it in self.example.items()} | {key: value}
        return ("{" + ",".join(f"{json.dumps(k)}:{v}" for k, v in fields.items()) + "}").encode()

    def first(self, value: str) -> bytes:
        """The example with this text as the value of its first field."""
        return self.having(next(iter(self.example)), value)

    @property
    def plain(self) -> bytes:
        return json.dumps(self.example).encode()


def routes_with_bodies(document: dict[str, Any]) -> Iterator[Route]:
    """All operations that take JSON, with the example that the description gives."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None:
                examples = [it["value"] for it in content.get("examples", {}).values()]
                example = content.get("example") or examples[0]
                known = sorted({*example, *_fields(document, content["schema"])})
                names = [*known, "no_such_field"]
                yield Route(operation["operationId"], method.upper(), path, example, names)


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """Names of an object's fields, in whatever of its alternatives."""
    if "$ref" in schema:
        yield from _fields(document, document["components"]["schemas"][_last(schema["$ref"])])
    yield from schema.get("properties", ())
    for kind in ("oneOf", "anyOf", "allOf"):
        for alternative in schema.get(kind, ()):
            yield from _fields(document, alternative)


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]


Make = Callable[[Route], bytes]

UNREADABLE: dict[str, Make] = {
    "empty": lambda _: b"",
    "blank": lambda _: b" \r\n\t",
    "byte order mark": lambda it: b"\xef\xbb\xbf" + it.plain,
    "UTF-16": lambda it: it.plain.decode().encode("utf-16"),
    "cut off": lambda it: it.plain[:-1],
    "something after it": lambda it: it.plain + b"x",
    "two of them": lambda it: it.plain * 2,
    "invalid UTF-8": lambda it: it.first('"@"').replace(b"@", b"\xff"),
    "overlong UTF-8": lambda it: it.first('"@"').replace(b"@", b"\xc0\xaf"),
    "raw control character": lambda it: it.first('"\x01"'),
    "raw NUL": lambda it: it.first('"\x00"'),
    "lone surrogate": lambda it: it.first('"\\ud800"'),
    "surrogates the wrong way round": lambda it: it.first('"\\udc00\\ud800"'),
    "NaN": lambda it: it.first("NaN"),
    "Infinity": lambda it: it.first("-Infinity"),
    "plus sign": lambda it: it.first("+1"),
    "leading zero": lambda it: it.first("01"),
    "hexadecimal": lambda it: it.first("0x10"),
    "single quotes": lambda it: it.first("'x'"),
    "comment": lambda it: b"/**/" + it.plain,
    "trailing comma": lambda it: it.plain[:-1] + b",}",
    "field twice": lambda it: it.having("twice", '1,"twice":2'),
}
"""What is not JSON as we read it: 400."""
UNACCEPTABLE: dict[str, Make] = {
    "list": lambda it: b"[" + it.plain + b"]",
    "text": lambda _: b'"x"',
    "number": lambda _: b"1",
    "null": lambda _: b"null",
    "true": lambda _: b"true",
    "NUL": lambda it: it.first('"a\\u0000b"'),
    "NUL in a key": lambda it: it.having("a\x00", "1"),
    "beyond a double": lambda it: it.having("n", "1e400"),
    "a hundred thousand zeros": lambda it: it.having("n", "1e131071"),
    "beyond 64 bits": lambda it: it.having("n", str(2**64)),
    "deep": lambda it: it.having("n", "[" * 500 + "]" * 500),
    "deep objects": lambda it: it.having("n", '{"a":' * 500 + "1" + "}" * 500),
}
"""What is JSON, and cannot be taken: 422."""
TOO_MUCH: dict[str, Make] = {
    "very deep": lambda it: it.having("n", "[" * DEEP + "]" * DEEP),
    "very deep, cut off": lambda it: it.first("[" * DEEP),
    "four thousand digits": lambda it: it.having("n", "9" * 4_000),
    "many values": lambda it: it.having("n", "[" + "0," * MANY + "0]"),
    "many keys": lambda it: it.having("n", json.dumps({str(n): n for n in range(MANY)})),
    "long text": lambda it: it.having("n", f'"{"x" * 65_537}"'),
    "large": lambda it: b" " * LARGE + it.plain,
}
"""More than there may be: refused as one of 400, 413, 422, by what is noticed first."""
VALUES = (
    '"\\u0000"', '"x\\ud83d\\ude00"', '""', '"   "', f'"{"x" * 3_000}"', '"\u0663"', '"\u202e"',
    "-0", "0", "-1", "1.5", "1e131071", "1e-400", str(2**53 + 1), str(2**63), str(-(2**63)),
    str(2**64 - 1), "true", "null", "[]", "{}", '[null]', '[[]]', '{"":null}', '["",""]',
    '"2026-01-01"', '"0001-01-01T00:00:00+23:59"', '"9999-12-31T23:59:59-23:59"',
    '"http://[::1"', '"http://a b/"', '"javascript:alert(1)"', '"a\\r\\nB: c"',
)  # fmt: skip
"""JSON texts for any field: some fit some fields, and then they must do no harm."""
WORDS = (
    "%00", "x%00y", "%C0%AF", "%FF", "%ED%A0%80", "%F0%9F%98%80", "%E2%80%AE", "%25%30%30", "%",
    "%zz", "+", "", "-1", "0", "1.5", "1e3", "NaN", "%D9%A3", "1_0", "%2B5", "%205", "0x10",
    str(2**31), str(2**63), str(2**64), "9" * 400, "null", "true", "[]", "%7B%7D", "a,b", "..%2f..",
    "'%3B--", "%0d%0aX:%201", "x" * 10_000, "00000000-0000-0000-0000-000000000000",
    "0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:00.0000001Z",
)  # fmt: skip
"""Texts for any parameter, as they stand in an address."""
