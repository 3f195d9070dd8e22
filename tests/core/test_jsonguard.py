"""Strict JSON: agrees with Python's own parser where it accepts, and says where it does not."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskforge.core.errors import Invalid, Malformed
from taskforge.core.job import JobOrder
from taskforge.core.jsonguard import (
    MAX_DEPTH,
    MAX_NODES,
    MAX_PAYLOAD,
    MAX_STRING,
    check_payload,
    convert,
    decode,
    fault_of,
)

TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20
) | st.text('"\\:{}[],u03aA/', max_size=12)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=6) | st.dictionaries(TEXT, inner, max_size=6)
)


@given(VALUES, st.booleans())
def test_any_value_comes_back_however_it_is_escaped(value: Any, ascii_only: bool):
    assert decode(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


PAIRS = st.lists(st.tuples(TEXT, SCALARS | st.lists(SCALARS, max_size=3)), max_size=8)


@given(PAIRS, st.booleans())
def test_exactly_the_objects_with_a_key_twice_are_refused(
    pairs: list[tuple[str, Any]], ascii_only: bool
):
    members = [
        f"{json.dumps(key, ensure_ascii=ascii_only)}:{json.dumps(value, ensure_ascii=ascii_only)}"
        for key, value in pairs
    ]
    body = f'[{{"outer":{{{",".join(members)}}}}}]'.encode()

    if len({key for key, _ in pairs}) == len(pairs):
        assert decode(body) == [{"outer": dict(pairs)}]
    else:
        with pytest.raises(Malformed, match="twice"):
            decode(body)


@given(st.binary(max_size=40) | TEXT.map(str.encode))
def test_no_bytes_raise_anything_else(body: bytes):
    try:
        decode(body)
    except (Malformed, Invalid) as error:
        assert error.detail  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("filler", ["", '"\\"",', '"]",', "1," * 5])
def test_depth_is_exact(opening: str, filler: str):
    closing = "]" if opening == "[" else "}"

    def nested(depth: int) -> bytes:
        return f"[{filler}{opening * (depth - 1)}1{closing * (depth - 1)}]".encode()

    decode(nested(MAX_DEPTH))
    with pytest.raises(Invalid, match="deeper"):
        decode(nested(MAX_DEPTH + 1))


def test_the_number_of_values_is_exact():
    def listed(n: int) -> bytes:
        return b"[" + b",".join([b"0"] * (n - 1)) + b"]"

    assert len(decode(listed(MAX_NODES))) == MAX_NODES - 1
    with pytest.raises(Invalid, match="too many"):
        decode(listed(MAX_NODES + 1))
    assert decode(listed(MAX_NODES + 1), nodes=MAX_NODES + 1)


@pytest.mark.parametrize("letter", ["x", "é", "😀", '\\"', "\\n"])
def test_the_length_of_a_string_is_exact_in_characters(letter: str):
    def quoted(n: int) -> bytes:
        return f'{{"a":["{letter * n}"]}}'.encode()

    decode(quoted(MAX_STRING))
    with pytest.raises(Invalid) as caught:
        decode(quoted(MAX_STRING + 1))
    assert caught.value.faults[0].pointer == "/a/0"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (rb'{"a":["b\u0000"]}', "/a/0"),
        (rb'{"a":{"\u0000":1}}', "/a"),
        (b'{"a/b":{"~":18446744073709551616}}', "/a~1b/~0"),
        (b"[0,-9223372036854775809]", "/1"),
    ],
)
def test_a_value_that_cannot_be_stored_is_pointed_at(body: bytes, pointer: str):
    with pytest.raises(Invalid) as caught:
        decode(body)

    assert caught.value.faults[0].pointer == pointer


def test_a_backslash_before_u0000_is_only_text():
    assert decode(rb'{"a":"\\u0000"}') == {"a": r"\u0000"}


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ({"type": "x", "nope": 1}, "/nope"),
        ({"payload": {}}, "/type"),
        ({"type": "x", "tags": ["a", 5]}, "/tags/1"),
        ({"type": "x", "max_retries": 99}, "/max_retries"),
        ({"type": "x", "scheduled_at": "tomorrow"}, "/scheduled_at"),
        ({"type": "x", "max_retries": "3"}, "/max_retries"),
    ],
)
def test_what_does_not_fit_is_pointed_at(value: dict[str, Any], pointer: str):
    with pytest.raises(Invalid) as caught:
        convert(value, JobOrder)

    assert caught.value.faults[0].pointer == pointer


def test_a_pointer_may_start_inside_a_body():
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert([{"type": 1}], list[JobOrder])

    assert fault_of(caught.value, "/jobs").pointer == "/jobs/0/type"


def test_a_payload_has_a_size():
    assert check_payload({"a": "é"}) == '{"a":"é"}'.encode()
    with pytest.raises(Invalid, match="262,144"):
        check_payload({"a": "x" * MAX_PAYLOAD})
