"""Terms of words in SQL: names, ids, and what is said of errors."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from taskforge.core.priority import Priority
from taskforge.core.query_keys import words_of
from taskforge.core.query_terms import WORD
from taskforge.core.states import JobStatus
from taskforge.db.parts import FEW, LAST, Part, few_or, once, scan, unlike
from taskforge.db.tables import ERROR_WORDS

_PREFIX_DIGITS: Final = 8
"""Shorter words of hexadecimal digits are words: `cafe` is a tag before it is an id."""
_ID_DIGITS: Final = 32
_HEXADECIMAL: Final = frozenset("0123456789abcdef")
_USERNAME: Final = "lower(username) = ANY(ARRAY(SELECT lower(v) FROM unnest({}) AS v))"


def _status(n: int, values: tuple[str, ...]) -> Part:
    given = f"CAST(:v{n} AS text[])"
    rank = LAST if JobStatus.SUCCESS in values else 50  # most jobs have succeeded
    source = scan(given, "jobs", "status", id_="id")
    return Part(rank, f"c.status = ANY({given})", {f"v{n}": unlike(values)}, source)


def _type(n: int, values: tuple[str, ...]) -> Part:
    given = f"CAST(:v{n} AS text[])"
    source = scan(given, "job_details", "type")
    return Part(60, f"c.type = ANY({given})", {f"v{n}": unlike(values)}, source)


def _priority(n: int, values: tuple[str, ...]) -> Part:
    given = f"CAST(:v{n} AS smallint[])"
    ranks = [Priority(value).rank for value in unlike(values)]
    source = scan(given, "job_details", "priority")
    return Part(80, f"c.priority = ANY({given})", {f"v{n}": ranks}, source)


def _tag(n: int, values: tuple[str, ...]) -> Part:
    given = f"CAST(:v{n} AS text[])"
    source = scan(given, "job_tags", "tag")
    check = f"EXISTS (SELECT FROM job_tags t WHERE t.tag = ANY({given}) AND t.job_id = c.id)"
    return Part(10, check, {f"v{n}": unlike(values)}, source if len(values) == 1 else once(source))


def _created_by(n: int, values: tuple[str, ...]) -> Part:
    return _by_detail(n, values, "created_by", "users", _USERNAME, 70)


def _schedule(n: int, values: tuple[str, ...]) -> Part:
    return _by_detail(n, values, "schedule_id", "schedules", "name = ANY({})", 5)


def _by_detail(
    n: int, values: tuple[str, ...], column: str, table: str, name: str, rank: int
) -> Part:
    """By the ids, or the names, of other things that made the job."""
    ids = [id_ for value in values if (id_ := _whole_id(value))]
    names = [value for value in values if not _whole_id(value)]
    given, bound = f"CAST(:v{n} AS uuid[])", {f"v{n}": unlike(ids), f"n{n}": names}
    if names:
        named = name.format(f"CAST(:n{n} AS text[])")
        given += f" || ARRAY(SELECT id FROM {table} WHERE {named})"
    source = scan(given, "job_details", column)
    check = f"""EXISTS (
        SELECT FROM job_details d WHERE d.job_id = c.id AND d.{column} = ANY({given}))"""
    return Part(rank, check, bound, source if len(values) == 1 else once(source))


def _worker(n: int, values: tuple[str, ...]) -> Part:
    """By id, host, or the beginning of an id; hosts as far as the roster knows them still."""
    ids = [id_ for value in values if (id_ := _whole_id(value))]
    others = [value for value in values if not _whole_id(value)]
    ranges = [found for value in others if (found := _range(value, _PREFIX_DIGITS))]
    bound: dict[str, Any] = {f"v{n}": unlike(ids), f"h{n}": others}
    given = f"CAST(:v{n} AS uuid[])"
    if others:
        given += f" || ARRAY(SELECT id FROM workers WHERE host = ANY(CAST(:h{n} AS text[])))"
    for at, (low, high) in enumerate(ranges):
        bound |= {f"l{n}_{at}": low, f"u{n}_{at}": high}
        given += f" || ARRAY({_WORKERS.format(low=f'l{n}_{at}', high=f'u{n}_{at}')})"
    source = f"""
        SELECT {"" if not others and len(ids) == 1 else "DISTINCT"} s.id
        FROM unnest({given}) AS v CROSS JOIN LATERAL (
            (SELECT DISTINCT job_id AS id FROM job_attempts
             WHERE worker_id = v AND job_id BETWEEN :oldest AND :newest
             ORDER BY job_id DESC LIMIT :reach)
            UNION
            (SELECT id FROM jobs
             WHERE worker_id = v AND status = 'running' AND id BETWEEN :oldest AND :newest
             ORDER BY id DESC LIMIT :reach)) AS s"""
    check = f"""(c.worker_id = ANY({given}) AND c.status = 'running' OR EXISTS (
        SELECT FROM job_attempts a WHERE a.worker_id = ANY({given}) AND a.job_id = c.id))"""
    return Part(20, check, bound, source)


_WORKERS: Final = """
    WITH RECURSIVE seen(id) AS (
        (SELECT worker_id FROM job_attempts WHERE worker_id BETWEEN :{low} AND :{high}
         ORDER BY worker_id LIMIT 1)
        UNION ALL
        SELECT (SELECT worker_id FROM job_attempts
                WHERE worker_id > seen.id AND worker_id <= :{high} ORDER BY worker_id LIMIT 1)
        FROM seen WHERE seen.id IS NOT NULL)
    (SELECT id FROM seen WHERE id IS NOT NULL LIMIT 100)
    UNION (SELECT id FROM workers WHERE id BETWEEN :{low} AND :{high} LIMIT 100)"""
"""Units whose ids begin alike: those of attempts, each found by one step in the index."""


def _id(n: int, values: tuple[str, ...]) -> Part:
    ranges = [found for value in values if (found := _range(value, 1))]
    bound = {f"l{n}": [low for low, _ in ranges], f"u{n}": [high for _, high in ranges]}
    given = f"unnest(CAST(:l{n} AS uuid[]), CAST(:u{n} AS uuid[])) AS v(low, high)"
    source = once(f"""
        SELECT s.id FROM {given} CROSS JOIN LATERAL (
            SELECT id FROM jobs
            WHERE id BETWEEN greatest(low, CAST(:oldest AS uuid))
                         AND least(high, CAST(:newest AS uuid))
            ORDER BY id DESC LIMIT :reach) AS s""")
    return Part(0, f"EXISTS (SELECT FROM {given} WHERE c.id BETWEEN low AND high)", bound, source)


def _error(n: int, values: tuple[str, ...]) -> Part:
    return Part(40, _ERROR_CHECK.format(n=n), _phrases(n, values), _error_source(n), exact=False)


def _failure(n: int, values: tuple[str, ...]) -> Part:
    given = f"CAST(:v{n} AS text[])"
    source = scan(given, "job_results", "(error ->> 'fingerprint')")
    check = f"""EXISTS (
        SELECT FROM job_results r
        WHERE r.job_id = c.id AND r.error ->> 'fingerprint' = ANY({given}))"""
    return Part(8, check, {f"v{n}": unlike(values)}, source)


def _error_source(n: int) -> str:
    return few_or(_ERROR_HITS.format(n=n), _FAILED)


def _phrases(n: int, values: tuple[str, ...]) -> dict[str, Any]:
    phrases = unlike(" ".join(words_of(value)) for value in values)
    return {f"p{n}": phrases, f"k{n}": [f"% {phrase} %" for phrase in phrases]}


_WORDS_SQL: Final = ERROR_WORDS.replace("{", "{{").replace("}", "}}")
_ERROR_HITS: Final = f"""
    SELECT r.job_id AS id FROM unnest(CAST(:p{{n}} AS text[])) AS p CROSS JOIN LATERAL (
        SELECT job_id FROM job_results
        WHERE error IS NOT NULL AND {_WORDS_SQL} @> string_to_array(p, ' ')
        LIMIT {FEW + 1}) AS r"""
_ERROR_CHECK: Final = f"""EXISTS (
    SELECT FROM job_results WHERE job_id = c.id AND error IS NOT NULL
    AND ' ' || array_to_string({_WORDS_SQL}, ' ') || ' ' LIKE ANY (CAST(:k{{n}} AS text[])))"""
_FAILED: Final = """
    SELECT job_id AS id FROM job_results
    WHERE error IS NOT NULL AND job_id BETWEEN :oldest AND :newest
    ORDER BY job_id DESC LIMIT :reach"""


def _word(n: int, values: tuple[str, ...]) -> Part:
    """A word without a key: a tag, a type, the beginning of an id, or words of an error."""
    (word,) = values
    bound: dict[str, Any] = {f"v{n}": [word]}
    given = f"CAST(:v{n} AS text[])"
    sources = [scan(given, "job_tags", "tag"), scan(given, "job_details", "type")]
    checks = [_tag(n, values).check, f"c.type = ANY({given})"]
    prefix = _range(word, _PREFIX_DIGITS)
    if prefix:
        whole = _id(n, values)
        bound |= whole.values
        sources.append(whole.source or "")
        checks.append(whole.check)
    if words_of(word):
        bound |= _phrases(n, values)
        sources.append(_error_source(n))
        checks.append(_ERROR_CHECK.format(n=n))
    source = " UNION ".join(f"({it})" for it in sources)
    return Part(30, f"({' OR '.join(checks)})", bound, source, exact=False)


def _whole_id(value: str) -> UUID | None:
    digits = _digits(value)
    return UUID(hex=digits) if len(digits) == _ID_DIGITS else None


def _range(value: str, least: int) -> tuple[UUID, UUID] | None:
    """The first and last id that begin so; None for what has fewer digits, or is no id."""
    digits = _digits(value)
    if not least <= len(digits) <= _ID_DIGITS:
        return None
    return UUID(hex=digits.ljust(32, "0")), UUID(hex=digits.ljust(32, "f"))


def _digits(value: str) -> str:
    digits = value.replace("-", "").lower()
    return digits if not set(digits) - _HEXADECIMAL else ""


WORDS: Final[Mapping[str, Callable[[int, tuple[str, ...]], Part]]] = {
    "status": _status,
    "type": _type,
    "priority": _priority,
    "tag": _tag,
    "created_by": _created_by,
    "schedule": _schedule,
    "worker": _worker,
    "id": _id,
    "error": _error,
    "failure": _failure,
    WORD: _word,
}
"""Compiles a term of words: the number of its parameters, and the words."""
