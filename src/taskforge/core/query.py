"""The grammar of searches: one string for the API's `q`, the dashboard's bar and `--query`.

    query  =  terms, parted by white space; all of them must hold
    term   =  ["-" / "NOT "] ( word / key ":" value *( "," value ) / key comparison value )
    key    =  one of `query_keys.KEYS`, or `payload.a.b`

Several values are alternatives. A bare value ends at white space, a comma or a quotation mark; in
a quoted one a backslash takes the next character as it is. Steps of a path may be quoted too:
`payload."a.b".c:1`. Whatever is not understood is refused with its place and a hint: a filter that
is ignored would answer with the jobs that somebody meant to leave out.
"""

import re
from functools import lru_cache
from typing import Final, NoReturn

from taskforge.core.errors import Fault, Invalid
from taskforge.core.query_keys import KEYS, OPERATORS, Asked, BadValue, Value, hint, read_word
from taskforge.core.query_terms import PAYLOAD, RESERVED, Query, Term, Words

MAX_LENGTH: Final = 1_000
"""Characters."""
MAX_TERMS: Final = 20
MAX_VALUES: Final = 40
"""Of all terms together."""
MAX_DEPTH: Final = 8
"""Steps of a path."""

_INNER: Final = r'"((?:[^"\\]|\\.)*)"'
_SPACE: Final = re.compile(r"\s*")
_NOT: Final = re.compile(r"-|NOT\s+(?=\S)")
_QUOTED: Final = re.compile(_INNER, re.DOTALL)
_BARE: Final = re.compile(r'[^\s,"]+')
_NAME: Final = re.compile(r'[^\s,:<>="]+(?:(?<=\.)"(?:[^"\\]|\\.)*"[^\s,:<>="]*)*', re.DOTALL)
_STEP: Final = re.compile(rf'\.(?:{_INNER}|([^."]+))', re.DOTALL)
_OPERATOR: Final = re.compile(r"[<>:=!]+")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_LONGEST_SHOWN: Final = 40


@lru_cache(maxsize=256)
def parse(text: str) -> Query:
    """What a search asks for.

    Raises:
        Invalid: it cannot be understood; the fault names the place.
    """
    if len(text) > MAX_LENGTH:
        _refuse(MAX_LENGTH, f"a search has at most {MAX_LENGTH:,} characters")
    odd = _UNSTORABLE.search(text)
    if odd:
        _refuse(odd.start(), "no job has this character in it")
    terms: list[Term] = []
    values = 0
    at = _skip(text, 0)
    while at < len(text):
        if len(terms) == MAX_TERMS:
            _refuse(at, f"a search has at most {MAX_TERMS} terms")
        term, end = _term(text, at)
        values += len(term.values)
        if values > MAX_VALUES:
            _refuse(at, f"a search has at most {MAX_VALUES} values in all")
        terms.append(term)
        at = _skip(text, end)
    return tuple(terms)


def _refuse(at: int, message: str) -> NoReturn:
    raise Invalid(
        f"The search cannot be understood at character {at + 1}: {message}.",
        code="bad_query",
        faults=[Fault("", message, parameter="q", at=at)],
    )


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _term(text: str, at: int) -> tuple[Term, int]:
    negation = _NOT.match(text, at)
    begin = negation.end() if negation else at
    negated = negation is not None
    if text[begin : begin + 1] == '"':
        value, end = _value(text, begin)
        return read_word(value, negated=negated), end
    name = _NAME.match(text, begin)
    if name is None or text[begin] in "-(":
        _refuse(begin, "a term cannot begin here; quote a word that begins with punctuation")
    operator = _OPERATOR.match(text, name.end())
    if operator is None:
        return _bare_word(text, begin, name.end(), negated=negated), name.end()
    if operator[0] not in OPERATORS:
        known = " ".join(OPERATORS)
        _refuse(operator.start(), f"there is no operator `{operator[0][:9]}`; those are {known}")
    key, path = _key(name[0], begin)
    values, end = _values(text, operator.end(), many=operator[0] == ":")
    try:
        return KEYS[key](Asked(key, path, operator[0], values, negated)), end
    except BadValue as error:
        _refuse(operator.start() if error.at is None else error.at, str(error))


def _bare_word(text: str, begin: int, end: int, *, negated: bool) -> Words:
    word = text[begin:end]
    if word in RESERVED:
        advice = "all terms must hold, -term negates, and type:a,b is either; quote the word itself"
        _refuse(begin, f"`{word}` cannot stand here: {advice}")
    if text[end : end + 1] not in ("", " ") and not text[end].isspace():
        _refuse(end, "a word ends here; quote one that has such a character")
    return read_word(Value(word, quoted=False, at=begin), negated=negated)


def _key(name: str, at: int) -> tuple[str, tuple[str, ...]]:
    key, dot, _ = name.partition(".")
    key = key.lower()
    if key not in KEYS or (dot and key != PAYLOAD):
        known = tuple(KEYS)
        shown = name[:_LONGEST_SHOWN]
        listed = ", ".join(known)
        near = hint(key, known)
        _refuse(at, f"there is no key `{shown}`{near} quote a word with a colon; keys are {listed}")
    if key != PAYLOAD:
        return key, ()
    path: list[str] = []
    place = len(key)
    while place < len(name):
        step = _STEP.match(name, place)
        if step is None or len(path) == MAX_DEPTH:
            what = (
                f"a path has at most {MAX_DEPTH} steps" if step else "a step of the path is empty"
            )
            _refuse(at + place, what)
        path.append(step[2] or _plain(step[1]))
        place = step.end()
    if not path:
        _refuse(at + place, "say where in the payload, as in payload.to:ann@example.com")
    return key, tuple(path)


def _values(text: str, at: int, *, many: bool) -> tuple[list[Value], int]:
    value, end = _value(text, at)
    found = [value]
    while text[end : end + 1] == ",":
        if not many:
            _refuse(end, "a comparison is with one value")
        value, end = _value(text, end + 1)
        found.append(value)
    return found, end


def _value(text: str, at: int) -> tuple[Value, int]:
    quoted = text[at : at + 1] == '"'
    match = (_QUOTED if quoted else _BARE).match(text, at)
    if match is None:
        _refuse(at, "this quotation mark is never closed" if quoted else "a value is missing")
    end = match.end()
    if end < len(text) and text[end] != "," and not text[end].isspace():
        _refuse(end, 'a value ends here; write \\" for a quotation mark inside a quoted value')
    return Value(_plain(match[1]) if quoted else match[0], quoted, at), end


def _plain(quoted: str) -> str:
    return _ESCAPE.sub(r"\1", quoted)
