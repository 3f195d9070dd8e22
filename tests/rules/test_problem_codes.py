"""`api/catalogue.py` explains exactly the problems that the source can raise."""

import ast
from collections import defaultdict

from taskforge.api.catalogue import KINDS
from taskforge.api.errors import STATUSES

STATUS = {kind.__name__: status for kind, status in STATUSES.items()}
STATUS["_invalid"] = 422
"""What `core/jsonguard.py` calls to raise Invalid; elsewhere its first argument is a pointer."""
BY_LITESTAR = {
    "malformed": 400, "unauthenticated": 401, "denied": 403, "not_found": 404,
    "method_not_allowed": 405, "too_large": 413, "unsupported_media_type": 415,
    "upgrade_required": 426, "invalid_parameter": 422, "malformed_json": 400, "internal": 500,
}  # fmt: skip
"""What `api/errors.py` makes of errors that are not ours."""
BY_REGISTRY = {"unknown_job_type": 422, "job_type_unavailable": 422}
"""What `Registry.get` chooses from."""
OF_CLIENTS = ("cli/", "local/")


def test_the_catalogue_is_what_the_source_raises(sources):
    raised = defaultdict(set)
    for code, status in (BY_LITESTAR | BY_REGISTRY).items():
        raised[code].add(status)
    for kind, status in STATUSES.items():
        raised[kind.code].add(status)
    for path, text in sources.items():
        if not any(f"taskforge/{room}" in str(path) for room in OF_CLIENTS):
            for code, status in _raised(ast.parse(text)):
                raised[code].add(status)

    assert {code: set(kind.statuses) for code, kind in KINDS.items()} == raised


def test_the_rule_sees_codes_however_they_are_given():
    text = 'raise Conflict("x", code="a")\n_invalid("b", "x")\nnot_ours(code="c")'

    assert set(_raised(ast.parse(text))) == {("a", 409), ("b", 422)}


def _raised(tree):
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        given = [word.value for word in call.keywords if word.arg == "code"]
        if call.func.id == "_invalid":
            given += call.args[:1]
        for code in given:
            if not isinstance(code, ast.Constant) or str(code.value).startswith("/"):
                continue
            if call.func.id in STATUS:
                yield code.value, STATUS[call.func.id]
