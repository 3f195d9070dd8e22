"""Metrics are named by the conventions of Prometheus, and `ops/metrics.md` has them all."""

import ast
import re
from typing import NamedTuple

KINDS = {"Counter": "counter", "Gauge": "gauge", "Histogram": "histogram", "Family": "gauge"}
BOUNDED = {
    "code", "dependency", "duty", "job_type", "method", "outcome", "policy", "queue", "reason",
    "result", "role", "route", "source", "state", "status_class", "transport", "version",
}  # fmt: skip
"""Labels of which we know the values: never an id, a user, an address or a text."""
TIMES = re.compile(r"(^|_)(ms|millis\w*|micro\w*|minutes?|hours?|days?|kb|mb|percent)(_|$)")
ROW = re.compile(r"\| `(taskforge_\w+)` \| (\w+) \| ([\w, ]*?) ?\| ([\w, ]+) \| .+ \|")


class Metric(NamedTuple):
    name: str
    kind: str
    labels: tuple[str, ...]


def test_names_have_our_prefix_base_units_and_the_suffix_of_their_kind(sources):
    faults = [fault for metric in _declared(sources) for fault in _faults(metric)]

    assert faults == []


def test_labels_are_of_those_whose_values_are_few(sources):
    used = {label for metric in _declared(sources) for label in metric.labels}

    assert used <= BOUNDED


def test_every_metric_is_documented_as_it_is(sources, root):
    told = {
        Metric(name, kind, tuple(labels.split(", ")) if labels else ())
        for name, kind, labels, _ in ROW.findall((root / "ops/metrics.md").read_text())
    }

    assert told == {it._replace(labels=tuple(sorted(it.labels))) for it in _declared(sources)}


def test_metrics_are_made_in_their_own_room(sources, root):
    room = root / "src/taskforge/metrics"
    elsewhere = [
        str(path.relative_to(root))
        for path, text in sources.items()
        if not path.is_relative_to(room) and "prometheus_client" in text
    ]

    assert elsewhere == []


def test_the_rule_sees_what_is_wrong():
    names = ["jobs_total", "taskforge_wait_ms", "taskforge_jobs_total", "taskforge_jobs"]
    kinds = ["counter", "gauge", "gauge", "counter"]
    assert all(_faults(Metric(*it, ())) for it in zip(names, kinds, strict=True))


def _declared(sources):
    """What the room of metrics makes."""
    found = [
        metric
        for path, text in sources.items()
        if path.parent.name == "metrics"
        for metric in _made(ast.parse(text))
    ]
    assert len(found) > 50
    return found


def _made(tree):
    for call in ast.walk(tree):
        match call:
            case ast.Call(func=ast.Name(id=kind), args=[ast.Constant(value=str(name)), *rest]):
                if kind in KINDS:
                    labels = ast.literal_eval(rest[1]) if len(rest) > 1 else ()
                    yield Metric(name, KINDS[kind], tuple(labels))


def _faults(metric):
    if not re.fullmatch(r"taskforge_[a-z]+(_[a-z]+)*", metric.name):
        yield f"{metric.name}: begins with taskforge_, in lower case"
    if TIMES.search(metric.name):
        yield f"{metric.name}: seconds, bytes and ratios are the units"
    if (metric.kind == "counter") != metric.name.endswith("_total"):
        yield f"{metric.name}: _total is for counters, and for all of them"
    if metric.kind == "histogram" and not metric.name.endswith(("_seconds", "_bytes")):
        yield f"{metric.name}: a distribution has a unit"
