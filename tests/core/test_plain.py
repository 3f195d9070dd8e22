import json

from hypothesis import given
from hypothesis import strategies as st

from taskforge.core.plain import plain_json, plain_text, visible_text

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.text(st.characters()), st.integers(1, 50))
def test_text_is_cut_and_fit_for_the_database(value, limit):
    text = plain_text(value, limit)

    assert len(text) <= limit
    assert "\x00" not in text
    text.encode()


def test_text_that_was_cut_says_so():
    assert plain_text("abcdef", 4) == "abc…"


def test_what_is_no_text_becomes_text():
    assert plain_text(12.5, 10) == "12.5"


@given(ANYTHING, st.integers(60, 400))
def test_any_value_becomes_json_within_the_limit(value, limit):
    text = plain_json(value, limit)

    assert len(text) <= limit * 7  # one character may take six in JSON, within the cut text
    assert "\\u0000" not in text
    json.loads(text)


def test_json_that_is_too_long_keeps_its_beginning():
    assert json.loads(plain_json(["x" * 1000], 100))["text"].startswith("['xxx")


def test_a_value_that_json_cannot_carry_is_told_as_text():
    assert json.loads(plain_json({"at": object}, 200)) == {"at": repr(object)}


def test_a_cycle_ends():
    ring: list[object] = []
    ring.append(ring)

    assert json.loads(plain_json(ring, 100))["text"]


def test_what_a_stranger_says_is_shown_with_its_controls():
    said = "a\x1b[31mred\x00\x7f\x9b\u202egnp\ud800\n\tend"

    shown = visible_text(said)

    assert shown == "a\u241b[31mred\u2400\u2421\ufffd\ufffdgnp?\n\tend"
    assert len(shown) == len(said)
