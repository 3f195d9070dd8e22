"""The grammar of searches."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskforge.core.errors import Invalid
from taskforge.core.priority import Priority
from taskforge.core.query import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, MAX_VALUES, parse
from taskforge.core.query_keys import KEYS, words_of
from taskforge.core.query_terms import Count, Field, Scalar, Span, When, Words, write
from taskforge.core.states import JobStatus

HOURS = timedelta(hours=1)


def words(key, *values, negated=False):
    return Words(key=key, values=values, negated=negated)


def field(path, *values, negated=False):
    return Field(path=tuple(path), values=values, negated=negated)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("  \t ", []),
        ("type:email", [words("type", "email")]),
        ("TYPE:email", [words("type", "email")]),
        ("status:failed,Dead_Letter", [words("status", "failed", "dead_letter")]),
        ("state:failed", [words("status", "failed")]),
        ("queue:default,low", [words("priority", "normal", "low")]),
        ('tag:"a b",c', [words("tag", "a b", "c")]),
        (r'tag:"a\"b\\"', [words("tag", 'a"b\\')]),
        ("tag:größe", [words("tag", "größe")]),
        ("-tag:x NOT type:y", [words("tag", "x", negated=True), words("type", "y", negated=True)]),
        ("id:01AB-cd", [words("id", "01abcd")]),
        ('error:"Timed out!"', [words("error", "timed out")]),
        ('nightly "two words"', [words("word", "nightly"), words("word", "two words")]),
        ("payload.to:a@b.c", [field(["to"], Scalar("a@b.c", bare=False))]),
        ('payload."a.b".c:5', [field(["a.b", "c"], Scalar("5", bare=True))]),
        ('payload.a:"5",null', [field(["a"], Scalar("5", bare=False), Scalar("null", bare=True))]),
        ("payload.a:007", [field(["a"], Scalar("007", bare=False))]),
        ("payload.a:9007199254740993", [field(["a"], Scalar("9007199254740993", bare=True))]),
        ("created>-2h", [When(key="created", operator=">", values=(2 * HOURS,))]),
        (
            "finished<=2026-01-31",
            [When(key="finished", operator="<=", values=(datetime(2026, 1, 31, tzinfo=UTC),))],
        ),
        (
            "created<2026-01-31T01:00:00+02:00",
            [When(key="created", operator="<", values=(datetime(2026, 1, 30, 23, tzinfo=UTC),))],
        ),
        ("duration>=1.5h", [Span(key="duration", operator=">=", values=(1.5 * HOURS,))]),
        ("duration<500ms", [Span(key="duration", operator="<", values=(HOURS / 7_200,))]),
        ("attempt>=2", [Count(key="attempt", operator=">=", values=(2,))]),
        ("failures:1,2", [Count(key="failures", operator=":", values=(1, 2))]),
    ],
)
def test_a_search_is_its_terms(text, terms):
    assert parse(text) == tuple(terms)


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("type:email stauts:failed", 11, "did you mean `status`?"),
        ("nothing_like:1", 0, "keys are type, status"),
        ("http://example.com", 0, "quote a word with a colon"),
        ("type.a:b", 0, "no key `type.a`"),
        ("status:faild", 7, "did you mean `failed`?"),
        ("status:failed,x", 14, "status is one of scheduled"),
        ("priority:urgent", 9, "priority is one of critical"),
        ("queue:normal", 6, "queue is one of"),
        ("type=email", 4, "no operator `=`"),
        ("attempt<>1", 7, "no operator `<>`"),
        ("priority>low", 8, "write priority:low"),
        ("payload.a>1", 9, "has no order"),
        ("created:2026-01-01", 7, "created>-2h"),
        ("duration:30s", 8, "duration>30s"),
        ("created>2h", 8, "created>-2h"),
        ("created>2026-13-01", 8, "no time"),
        ("created>2026-01-01T00:00:00", 8, "no time"),
        ("created>-999999999999999d", 8, "no time"),
        ("duration>soon", 9, "no span"),
        ("duration>1s,2s", 11, "with one value"),
        ("attempt>-1", 8, "whole number"),
        ("attempt:2147483648", 8, "whole number"),
        ("attempt:٣", 8, "whole number"),
        ("id:xyz", 3, "hexadecimal"),
        ("id:-", 3, "hexadecimal"),
        ('error:"--"', 6, "no word in it"),
        ('tag:""', 4, "empty"),
        ("type:", 5, "missing"),
        ("type:a,", 7, "missing"),
        ('tag:"a', 4, "never closed"),
        ('tag:"a"b', 7, "a value ends here"),
        ("a,b", 1, "a word ends here"),
        ("(a)", 0, "quote a word"),
        ("--a", 1, "quote a word"),
        ("-", 1, "quote a word"),
        ("a OR b", 2, "type:a,b is either"),
        ("NOT", 0, "negates"),
        ("payload:1", 7, "payload.to:"),
        ("payload..a:1", 7, "a step of the path is empty"),
        ("payload" + ".a" * (MAX_DEPTH + 1) + ":1", 7 + 2 * MAX_DEPTH, "at most 8 steps"),
        ("a " * MAX_TERMS + "a", 2 * MAX_TERMS, "at most 20 terms"),
        ("type:" + "a," * MAX_VALUES + "a", 0, "at most 40 values"),
        ("a" * (MAX_LENGTH + 1), MAX_LENGTH, "at most 1,000 characters"),
        ("tag:a\0", 5, "character"),
        ("tag:\ud800", 4, "character"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text, at, said):
    with pytest.raises(Invalid) as refused:
        parse(text)

    (fault,) = refused.value.faults
    assert (fault.parameter, fault.at) == ("q", at)
    assert said in fault.message
    assert f"character {at + 1}: " in refused.value.detail


TEXT = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=9
)
TEXTS = st.lists(TEXT, min_size=1, max_size=2).map(tuple)
NUMBERS = st.integers(0, 2**31 - 1)
COMPARISONS = st.sampled_from([">", ">=", "<", "<="])
SPANS = st.timedeltas(timedelta(0), timedelta(days=10**8))
MOMENTS = st.datetimes(timezones=st.just(UTC))


STATUSES, PRIORITIES = [str(it) for it in JobStatus], [str(it) for it in Priority]
TERMS = st.one_of(
    st.builds(
        Words,
        key=st.sampled_from(["type", "tag", "worker", "created_by", "schedule"]),
        values=TEXTS,
        negated=st.booleans(),
    ),
    st.builds(Words, key=st.just("word"), values=st.tuples(TEXT), negated=st.booleans()),
    st.builds(Words, key=st.just("status"), values=st.tuples(st.sampled_from(STATUSES))),
    st.builds(Words, key=st.just("priority"), values=st.tuples(st.sampled_from(PRIORITIES))),
    st.builds(
        Field,
        path=st.lists(TEXT, min_size=1, max_size=3).map(tuple),
        values=st.tuples(
            TEXT.map(lambda it: Scalar(it, bare=False)),
            st.integers().map(lambda it: Scalar(str(it), bare=len(str(abs(it))) <= 40)),
        ),
        negated=st.booleans(),
    ),
    st.builds(When, key=st.sampled_from(["created", "finished"]), operator=COMPARISONS,
              values=st.tuples(SPANS | MOMENTS), negated=st.booleans()),
    st.builds(Span, key=st.just("duration"), operator=COMPARISONS, values=st.tuples(SPANS)),
    st.builds(Count, key=st.just("attempt"), operator=COMPARISONS, values=st.tuples(NUMBERS)),
    st.builds(Count, key=st.just("failures"), operator=st.just(":"),
              values=st.lists(NUMBERS, min_size=1, max_size=3).map(tuple)),
)  # fmt: skip


@given(st.lists(TERMS, max_size=4).map(tuple))
def test_a_search_is_read_as_it_was_written(query):
    assert parse(write(query)) == query


PIECES = st.sampled_from(
    [*KEYS, ":", ">", "<=", ",", '"', "\\", " ", "-", "NOT ", ".", "a", "2h", "1"]
)


@given(st.text(max_size=40) | st.lists(PIECES, max_size=12).map("".join))
def test_any_text_is_a_search_or_refused_within_itself(text):
    try:
        query = parse(text)
    except Invalid as refused:
        at = refused.faults[0].at or 0
    else:
        at = len(text) if parse(write(query)) == query else -1

    assert 0 <= at <= len(text)


def test_words_are_parted_by_punctuation_and_folded_by_ascii_alone():
    assert words_of("Rate_limited: 30 s (Größe ÄÖ)") == [
        "rate",
        "limited",
        "30",
        "s",
        "größe",
        "ÄÖ",
    ]
