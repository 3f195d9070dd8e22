"""Terms of a search in SQL: how one job is checked, and what supplies the jobs that may fit.

A *source* is a query for ids between `:oldest` and `:newest`, at most `:reach` of them from each
scan, newest first. Each scan is by an index that ends in the id, so that it stops there. A *check*
is about a job `c`, and finds what it needs by key.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple, TypeVar

LAST: Final = 99
"""The rank of what rules out little, or cannot drive."""
FEW: Final = 2_000
"""Hits that are looked at one by one."""

T = TypeVar("T")


class Part(NamedTuple):
    """One thing that must hold."""

    rank: int
    """The smallest drives first: it usually leaves the fewest candidates."""
    check: str
    values: dict[str, Any]
    source: str | None = None
    """None: it can only be checked."""
    exact: bool = True
    """Whether all that the source supplies pass the check."""


def scan(values: str, table: str, column: str, *, id_: str = "job_id", also: str = "") -> str:
    """A source: a scan for each of some values, merged; a job may come more than once.

    Args:
        values: SQL for an array of them.
        table: where they are looked up.
        column: what equals the value there, by an index that goes on with the id.
        id_: the job's id there.
        also: more conditions, such as those of a partial index.
    """
    return f"""
        SELECT s.id FROM unnest({values}) AS v CROSS JOIN LATERAL (
            SELECT {id_} AS id FROM {table}
            WHERE {column} = v {also} AND {id_} BETWEEN :oldest AND :newest
            ORDER BY {id_} DESC LIMIT :reach) AS s"""


def once(source: str) -> str:
    """A source that supplies no job twice."""
    return f"SELECT DISTINCT id FROM ({source}) AS several"


def few_or(hits: str, newest: str) -> str:
    """A source where no index ends in the id: all hits while they are few.

    Where they are many, enough of them are among the newest.

    Args:
        hits: all of them, without a LIMIT.
        newest: the source of jobs that may be hits.
    """
    return f"""
        SELECT chosen.id FROM (
            WITH hits AS MATERIALIZED ({hits} LIMIT {FEW + 1})
            SELECT DISTINCT id FROM hits
            WHERE (SELECT count(*) FROM hits) <= {FEW} AND id BETWEEN :oldest AND :newest
            UNION ALL
            SELECT id FROM ({newest}) AS n WHERE (SELECT count(*) FROM hits) > {FEW}
        ) AS chosen"""


def unlike(values: Iterable[T]) -> list[T]:
    """The values without repetitions, which would make a source supply a job twice."""
    return list(dict.fromkeys(values))
