"""A job's status has few writers: birth, claim and the other moves (SPEC §2, DESIGN §2.4)."""

import ast
import re

WRITERS = {"db/birth.py", "db/claims.py", "db/moves.py"}
DELETERS = {"db/prune.py"}

TABLE = r"(?:ONLY\s+)?(?:public\.)?jobs\b"
BIRTH = re.compile(rf"\b(?:INSERT|MERGE)\s+INTO\s+{TABLE}", re.IGNORECASE)
UPDATE = re.compile(
    rf"\bUPDATE\s+{TABLE}.*?\bSET\b(.*?)(?:\bFROM\b|\bWHERE\b|\bRETURNING\b|$)",
    re.IGNORECASE | re.DOTALL,
)
STATUS = re.compile(r"\bstatus\s*=|\(.*?\bstatus\b.*?\)\s*=", re.IGNORECASE | re.DOTALL)
DELETE = re.compile(rf"\bDELETE\s+FROM\s+{TABLE}", re.IGNORECASE)


def test_only_its_writers_set_the_status_of_a_job(sources, root):
    guilty = {_name(path, root) for path, text in sources.items() if _writes(ast.parse(text))}

    assert guilty <= WRITERS


def test_only_pruning_deletes_jobs(sources, root):
    guilty = {_name(path, root) for path, text in sources.items() if _deletes(ast.parse(text))}

    assert guilty <= DELETERS


def test_the_rule_sees_each_way_to_write():
    ways = [
        "x = 'update jobs j set version = 1, status = 2 where id = 3'",
        "x = f'''UPDATE public.jobs SET\\n status = {y} FROM z'''",
        "x = 'INSERT INTO jobs (id) VALUES (1)'",
        "update(jobs).values(status='queued')",
        "tables.jobs.insert()",
    ]

    assert [way for way in ways if not _writes(ast.parse(way))] == []
    assert not _writes(ast.parse("x = 'UPDATE jobs SET hinted_at = NULL WHERE status = 1'"))
    assert not _writes(ast.parse("x = 'INSERT INTO job_events (id) VALUES (1)'"))
    assert _deletes(ast.parse("delete(jobs)"))


def _name(path, root):
    return path.relative_to(root / "src" / "taskforge").as_posix()


def _writes(tree):
    return _calls(tree, {"update", "insert"}) or any(_sets_status(text) for text in _strings(tree))


def _sets_status(text):
    updates = UPDATE.finditer(text)
    return bool(BIRTH.search(text)) or any(STATUS.search(update[1]) for update in updates)


def _deletes(tree):
    return _calls(tree, {"delete"}) or any(DELETE.search(text) for text in _strings(tree))


def _strings(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(getattr(part, "value", "x")) for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _calls(tree, verbs):
    """Whether `update(jobs)` or `jobs.update()` stands there, the table named with or without."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(_verb(call) in verbs and any(map(_is_jobs, _targets(call))) for call in calls)


def _verb(call):
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _targets(call):
    return [*call.args, getattr(call.func, "value", None)]


def _is_jobs(node):
    return getattr(node, "id", getattr(node, "attr", "")) == "jobs"
