"""What a search means, said in the plainest way: an oracle for `db.job_lists`."""

from datetime import UTC, datetime
from uuid import UUID

from taskforge.core.priority import BY_RANK
from taskforge.core.query_keys import words_of
from taskforge.core.query_terms import Count, Field, Span, When, Words
from taskforge.core.states import JobStatus

ANA, BEN = UUID(int=11), UUID(int=12)
RED, BLUE = (
    UUID("01990000-1111-7000-8000-000000000001"),
    UUID("01990000-2222-7000-8000-000000000001"),
)
NIGHTLY = UUID(int=31)
NAMES = {"ana": ANA, "ben": BEN}
ACCOUNTS = {**NAMES, "me": ANA}
HOSTS = {RED: "redhost"}


def holds(job, term):
    """What a term means, said in the plainest way."""
    return says(job, term) is not term.negated


def says(job, term):
    match term:
        case Words():
            return any(is_word(job, term.key, value) for value in term.values)
        case Field():
            found = reached([job["payload"]], term.path)
            return any(is_value(it, value) for it in found for value in term.values)
        case When():
            at = job["created_at"] if term.key == "created" else job["finished_at"]
            bound = term.values[0]
            bound = bound if isinstance(bound, datetime) else datetime.now(UTC) - bound
            return compares(at, term.operator, bound)
        case Span():
            return compares(job["duration"], term.operator, term.values[0].total_seconds())
        case Count():
            number = job[term.key]
            if term.operator == ":":
                return number in term.values
            return compares(number, term.operator, term.values[0])


def is_word(job, key, value):
    return {
        "status": lambda: str(job["status"]) == value,
        "type": lambda: job["type"] == value,
        "priority": lambda: BY_RANK[job["priority"]] == value,
        "tag": lambda: value in job["tags"],
        "worker": lambda: any(
            value == HOSTS.get(it) or str(it).startswith(value) for it in ran(job)
        ),
        "created_by": lambda: (
            job["created_by"] in (ACCOUNTS.get(value.lower(), "nobody"), *whole(value))
        ),
        "schedule": lambda: job["schedule_id"] == NIGHTLY,
        "error": lambda: is_phrase(job["error"], value),
        "word": lambda: (
            value in job["tags"] or value == job["type"] or is_phrase(job["error"], value)
        ),
    }[key]()


def ran(job):
    return [*job["workers"], *([job["worker_id"]] if job["status"] == JobStatus.RUNNING else [])]


def whole(value):
    return [UUID(value)] if len(value) == 36 else []


def is_phrase(error, phrase):
    words, wanted = words_of(" ".join(error.values())) if error else [], words_of(phrase)
    return any(words[n : n + len(wanted)] == wanted for n in range(len(words)))


def reached(values, path):
    for step in path:
        items = [it for value in values for it in (value if isinstance(value, list) else [value])]
        values = [it[step] for it in items if isinstance(it, dict) and step in it]
    return [it for value in values for it in (value if isinstance(value, list) else [value])]


def is_value(found, value):
    if isinstance(found, str):
        return found == value.text
    if not value.bare or isinstance(found, dict):
        return False
    if found is None or isinstance(found, bool):
        return {None: "null", True: "true", False: "false"}[found] == value.text
    return value.text not in ("null", "true", "false") and found == number(value.text)


def number(text):
    return int(text) if text.lstrip("-").isdigit() else float(text)


def compares(found, operator, bound):
    if found is None:
        return False
    return {">": found > bound, ">=": found >= bound, "<": found < bound, "<=": found <= bound}[
        operator
    ]
