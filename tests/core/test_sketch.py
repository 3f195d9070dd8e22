"""Sketches of payloads: never no for something that is there."""

import json

from hypothesis import given
from hypothesis import strategies as st

from taskforge.core.sketch import BITS, draw, positions, value_of, values_in

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
)
PAYLOADS = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        LEAVES,
        lambda it: st.lists(it, max_size=3) | st.dictionaries(st.text(max_size=3), it, max_size=3),
    ),
    max_size=4,
)


def has(sketch, value):
    bits = 8 * len(sketch)
    return all(sketch[p % bits // 8] >> p % bits % 8 & 1 for p in positions(value))


@given(st.lists(PAYLOADS, max_size=5))
def test_a_sketch_has_all_that_was_drawn(payloads):
    values = {value for payload in payloads for value in values_in(json.dumps(payload))}

    assert all(has(draw(values), value) for value in values)


def test_arrays_leave_no_trace_and_equal_numbers_are_equal():
    found = values_in('{"a": [{"b": [1.0, true]}, {"b": "1"}], "c": {}}')

    assert found == {value_of(["a", "b"], leaf) for leaf in (1, True, "1")}
    assert value_of(["a"], 10**400) == value_of(["a"], float("inf"))


def test_a_sketch_is_wrong_about_once_in_a_thousand_and_never_large():
    sketch = draw(value_of(["n"], n) for n in range(500))

    wrong = sum(has(sketch, value_of(["n"], n)) for n in range(1_000, 11_000))

    assert wrong <= 40
    assert len(draw(range(5_000))) == BITS // 8
    assert len(draw([])) == 8
