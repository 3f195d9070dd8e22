"""Lines of the log."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskforge.core.logline import LONGEST_LINE, explain, hide, to_json, visible, visible_lines
from taskforge.core.redact import MASK

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
    | st.text(alphabet="\x00\x1b\x9b\n\r\u2028\u202e\ud800x")
    | st.just(Decimal("1.5")) | st.builds(object),
    lambda parts: st.lists(parts) | st.dictionaries(st.text() | st.integers(), parts),
    max_leaves=5,
)  # fmt: skip


def explained(**event: Any) -> dict[str, Any]:
    explain(event)
    return event


def raised(text="no such thing"):
    try:
        raise LookupError(text)
    except LookupError as error:
        return error


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(max_size=9), ODD, max_size=4))
def test_whatever_is_said_becomes_one_object_on_one_printable_line(event):
    hide(event)
    line = to_json(event)

    assert line.endswith(b"\n")
    text = line.decode()[:-1]
    assert text.isprintable()
    assert len(line) <= LONGEST_LINE + 1
    assert isinstance(json.loads(text), dict)


def test_text_survives_its_escapes():
    said = "naïve 漢字 \x1b[31m \u202e \u2028 \x9b \n"

    assert json.loads(to_json({"event": said})) == {"event": said}


@pytest.mark.parametrize("filler", ["x", "\n", "ä", "\u202e", "\U000e0001"])
def test_a_line_that_would_be_too_long_keeps_both_ends_of_its_texts(filler):
    event = {"event": "a.b", **{f"k{n}": f"begin{filler * 9_000}end" for n in range(5)}}

    line = to_json(event)

    assert len(line) <= LONGEST_LINE + 1
    told = json.loads(line)
    assert told["event"] == "a.b"
    assert told["k4"].startswith("begin")
    assert told["k4"].endswith("end")


@pytest.mark.parametrize(
    "others",
    [{f"k{n}": "x" * 200 for n in range(400)}, {"k" * 90_000: 1}],
    ids=["many", "a long name"],
)
def test_of_a_line_with_too_many_facts_our_own_are_left(others):
    line = to_json({"event": "a.b", "job_id": 7, **others})

    assert json.loads(line) == {"event": "a.b", "job_id": 7}


def test_the_one_control_character_that_json_leaves_in_ascii_is_escaped():
    assert to_json({"event": "a\x7fb"}) == b'{"event":"a\\u007fb"}\n'


def test_numbers_beyond_json_do_not_lose_the_line():
    told = json.loads(to_json({"a": 1 << 80, "b": float("inf"), "c": "\ud800"}))

    assert told == {"a": str(1 << 80), "b": None, "c": "?"}


def test_an_error_is_told_by_type_and_message_and_its_traceback_only_when_asked_for():
    short, long = explained(error=raised()), explained(exc_info=raised())

    assert short == {"error.type": "LookupError", "error.message": "no such thing"}
    assert long["error.type"] == "LookupError"
    assert long["error.stack"].startswith("Traceback")
    assert long["error.stack"].endswith("LookupError: no such thing")


def test_classes_that_are_no_built_ins_are_named_with_their_module():
    event = explained(error=json.JSONDecodeError("x", "", 0))

    assert event["error.type"] == "json.decoder.JSONDecodeError"


def test_a_sentence_is_a_message_without_a_type():
    assert explained(error="the secret is lost") == {"error.message": "the secret is lost"}


def test_nothing_raised_is_no_error():
    assert explained(exc_info=True) == {}


def test_secrets_are_hidden_in_tracebacks_too():
    event = explained(exc_info=raised("refused: postgresql://ada:hush@db/x"))

    hide(event)

    assert "hush" not in str(event)
    assert event["error.stack"].count(MASK) == 1


def test_a_text_that_no_line_could_hold_is_cut_before_it_is_searched():
    event = {"event": "a.b", "answer": "password=hush " + "x" * 1_000_000}

    hide(event)

    assert len(event["answer"]) < 2 * LONGEST_LINE
    assert "hush" not in event["answer"]


def test_values_of_our_own_making_are_left_alone():
    event = {"event": "refresh_token.reused", "status": "success"}

    hide(event)

    assert event == {"event": "refresh_token.reused", "status": "success"}


def test_on_a_terminal_nothing_moves_the_cursor_or_begins_a_line_of_its_own():
    shown = visible("a\x1b[2Jb\rc\nd\u202ee\x9b31m")

    assert shown.isprintable()
    assert [visible_lines("one\n10:00:00 [info] fake"), visible(3)] == [
        "    one\n    10:00:00 [info] fake",
        3,
    ]
