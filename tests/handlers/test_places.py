"""A refused payload is told what would be right there."""

import pytest

from taskforge.core.errors import Invalid
from taskforge.handlers.registry import load

DATA = {"dataset": "sales_q1", "operation": "aggregate"}


@pytest.fixture(scope="module")
def registry():
    return load()


@pytest.mark.parametrize(
    ("name", "payload", "pointer", "words"),
    [
        ("security_scan", {"scan_type": "quick"}, "/payload/scan_type", ["'headers'", "'tls'"]),
        ("data_processing", {**DATA, "dataset": "sales"}, "/payload/dataset", ["'sales_q1'"]),
        (
            "data_processing",
            {**DATA, "params": {"metrics": [{"fn": "mode", "column": "x"}]}},
            "/payload/params/metrics/0/fn",
            ["'median'", "'p95'"],
        ),
        ("ai_inference", {"prompt": "x", "model": "a b"}, "/payload/model", ["`backend/name`"]),
        (
            "data_processing",
            {**DATA, "dataset": {"file": "../x.csv"}},
            "/payload/dataset/file",
            ["data folder"],
        ),
    ],
)
def test_a_wrong_value_is_told_the_right_ones(registry, name, payload, pointer, words):
    with pytest.raises(Invalid) as refused:
        registry.check_payload(name, payload)

    [fault] = refused.value.faults
    assert fault.pointer == pointer
    assert all(word in fault.message for word in words)


def test_a_place_that_no_schema_describes_keeps_its_plain_fault(registry):
    with pytest.raises(Invalid) as refused:
        registry.check_payload("data_processing", {**DATA, "dataset": {"inline": [{"a": [1]}]}})

    assert refused.value.faults[0].pointer.startswith("/payload/dataset/inline/0")
