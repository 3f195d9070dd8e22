"""Terms of a search in SQL: which part each of them makes."""

import json
from bisect import bisect_right
from typing import Any, Final

import msgspec

from taskforge.core.query_terms import Count, Field, Scalar, Span, Term, When, Words
from taskforge.core.sketch import value_of
from taskforge.core.states import FINAL
from taskforge.db.parts import LAST, Part, few_or, scan, unlike
from taskforge.db.sketches import DRAWN_SQL, may_have
from taskforge.db.story import listed
from taskforge.db.tables import DURATION_BUCKET, DURATIONS
from taskforge.db.word_parts import WORDS

MANY: Final = 40
"""Attempts up to here have a scan for each number; beyond are few jobs, and they share one."""
_LEAST: Final = {"attempt": 2, "failures": 1}
"""From here on an index has them."""
_UPWARD: Final = (">", ">=")


def part(n: int, term: Term) -> Part:
    """Compile a term.

    Args:
        n: sets its parameters apart from those of others.
        term: without `me`, and without spans that count from now.
    """
    built = _built(n, term)
    if term.negated:
        return Part(LAST, f"({built.check}) IS NOT TRUE", built.values)
    return built


def _built(n: int, term: Term) -> Part:
    match term:
        case Words():
            return WORDS[term.key](n, term.values)
        case Field():
            return _field(n, term)
        case When():
            return _when(n, term)
        case Span():
            return _span(n, term)
        case Count():
            return _count(n, term)


def _field(n: int, term: Field) -> Part:
    """A value in the payload: what has no sketch yet, then what the sketches point to."""
    may, bound = may_have(_sketched(term), f"s{n}")
    source = f"""
        (SELECT id FROM jobs
         WHERE id > {DRAWN_SQL} AND id BETWEEN :oldest AND :newest ORDER BY id DESC LIMIT :reach)
        UNION ALL
        (SELECT d.id FROM (
            SELECT k.first_id, k.last_id FROM job_sketches k
            WHERE k.last_id >= :oldest AND k.first_id <= :newest
              AND k.last_id <= COALESCE((SELECT last_id FROM job_sketches WHERE last_id >= :newest
                                         ORDER BY last_id LIMIT 1), :newest)
              AND {may}) AS s
         CROSS JOIN LATERAL (
            SELECT job_id AS id FROM job_details
            WHERE job_id BETWEEN greatest(s.first_id, CAST(:oldest AS uuid))
                             AND least(s.last_id, CAST(:newest AS uuid)) OFFSET 0) AS d
         ORDER BY s.last_id DESC, d.id DESC LIMIT :reach)"""
    check = f"""EXISTS (
        SELECT FROM job_details d
        WHERE d.job_id = c.id AND d.payload @@ CAST(:v{n} AS jsonpath))"""
    return Part(15, check, {f"v{n}": _jsonpath(term), **bound}, source, exact=False)


def _jsonpath(term: Field) -> str:
    """Whether a payload has it; lax, so that arrays on the way are looked into."""
    path = "$" + "".join(f".{_text(step)}" for step in term.path)
    return " || ".join(f"{path} == {said}" for it in term.values for said in _spelled(it))


def _spelled(value: Scalar) -> list[str]:
    """The JSON values that it means."""
    return [value.text, _text(value.text)] if value.bare else [_text(value.text)]


def _sketched(term: Field) -> list[int]:
    said = [spelled for it in term.values for spelled in _spelled(it)]
    return unlike(value_of(term.path, json.loads(it)) for it in said)


def _text(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _when(n: int, term: When) -> Part:
    (at,) = term.values
    column = f"c.{term.key}_at"
    check = f"{column} {term.operator} :v{n}"
    if term.key == "created":  # the ids say it
        return Part(LAST, check, {f"v{n}": at})
    order = "DESC" if term.operator in _UPWARD else "ASC"
    hits = f"""
        SELECT id FROM jobs WHERE finished_at IS NOT NULL AND finished_at {term.operator} :v{n}
        ORDER BY finished_at {order}"""
    ended = scan(f"CAST(ARRAY[{listed(FINAL)[1:-1]}] AS text[])", "jobs", "status", id_="id")
    return Part(LAST - 1, check, {f"v{n}": at}, few_or(hits, ended), exact=False)


def _span(n: int, term: Span) -> Part:
    seconds = term.values[0].total_seconds()
    check, bound = f"c.duration_seconds {term.operator} :v{n}", {f"v{n}": seconds}
    if term.operator not in _UPWARD or seconds < DURATIONS[0]:
        return Part(LAST, check, bound)
    buckets = list(range(bisect_right(DURATIONS, seconds), len(DURATIONS) + 1))
    source = scan(f"CAST(:b{n} AS integer[])", "jobs", DURATION_BUCKET, id_="id",
                  also="AND duration_seconds >= 1")  # fmt: skip
    return Part(45, check, {**bound, f"b{n}": buckets}, source, exact=False)


def _count(n: int, term: Count) -> Part:
    numbers, least = unlike(term.values), _LEAST[term.key]
    if term.operator == ":":
        check = f"c.{term.key} = ANY(CAST(:v{n} AS integer[]))"
        bound: dict[str, Any] = {f"v{n}": numbers}
        scanned, beyond = numbers, False
    else:
        check, bound = f"c.{term.key} {term.operator} :v{n}", {f"v{n}": numbers[0]}
        scanned, beyond = list(range(numbers[0], MANY + 1)), True
    if min(numbers) < least or term.operator in ("<", "<="):
        return Part(LAST, check, bound)
    partial = f"AND {term.key} >= {least}"
    source = scan(f"CAST(:b{n} AS integer[])", "jobs", term.key, id_="id", also=partial)
    if beyond:
        source += f"""
            UNION ALL (
                SELECT id FROM jobs
                WHERE {term.key} > {MANY} {partial} AND id BETWEEN :oldest AND :newest
                ORDER BY id DESC LIMIT :reach)"""
    return Part(46, check, {**bound, f"b{n}": scanned}, source, exact=False)
