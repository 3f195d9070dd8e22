import time

import pytest

from taskforge.core.errors import Invalid
from taskforge.handlers.demo.broken import app
from taskforge.handlers.registry import load
from taskforge.outside.http.client import SafeHttp


@pytest.fixture(scope="module")
def registry():
    return load()


@pytest.mark.parametrize("number", range(5))
async def test_every_example_runs_offline_and_is_told_in_one_line(ctx, registry, number):
    ctx.http = SafeHttp(demos={"broken.taskforge.test": app})
    job_type = registry.get("security_scan")
    assert len(job_type.examples) == 5
    assert job_type.viewer == "findings"

    _, ask = registry.check_payload("security_scan", job_type.examples[number])
    began = time.monotonic()
    result = await job_type.run(ask, ctx)

    assert time.monotonic() - began < 10
    assert result["version"] == 1
    assert result["backend"]
    assert result["findings"]
    assert result["skipped"] == []
    assert "findings.sarif" in ctx.artifacts
    assert len(job_type.summarise(ask)) <= 120


@pytest.mark.parametrize(
    ("payload", "line"),
    [
        ({}, "headers of broken.taskforge.test"),
        ({"target": "Example.COM:8443", "scan_type": "tls"}, "tls of https://example.com:8443/"),
        ({"target": "key = 1", "scan_type": "secrets"}, "secrets of a text of 7 characters"),
        ({"target": "flask", "scan_type": "dependencies", "options": {"path": "r.txt"}},
         "dependencies of r.txt"),
        ({"target": "upload:018f0000-0000-7000-8000-000000000000", "scan_type": "code"},
         "code of upload 018f0000-0000-7000-8000-000000000000"),
        ({"target": "bücher.example", "scan_type": "dns"}, "dns of xn--bcher-kva.example"),
        ({"target": "2001:db8::1", "scan_type": "ports"}, "ports of 2001:db8::1"),
    ],
)  # fmt: skip
def test_a_job_is_told_in_one_line(registry, payload, line):
    _, ask = registry.check_payload("security_scan", payload)

    assert registry.get("security_scan").summarise(ask) == line


@pytest.mark.parametrize(
    "payload",
    [
        {"target": ""},
        {"target": 3},
        {"target": "ftp://example.com/"},
        {"target": "file:///etc/passwd"},
        {"target": "https://user:secret@example.com/"},
        {"target": "https://example.com:99999/"},
        {"target": "https://example.com:0/"},
        {"target": "https://[::1/"},
        {"target": "https:///path"},
        {"target": "exa mple.com"},
        {"target": "2130706433"},
        {"target": "0x7f.1"},
        {"target": "a\x00b.example"},
        {"target": "a\r\nb.example"},
        {"target": "https://example.com/" + "a" * 3_000},
        {"target": "a" * 64 + ".example"},
        {"target": "upload:018f0000-0000-7000-8000-000000000000"},
        {"target": "upload:../../etc/passwd", "scan_type": "code"},
        {"target": "https://example.com/", "scan_type": "secrets"},
        {"target": "   ", "scan_type": "code"},
        {"scan_type": "secrets"},
        {"target": "x" * 1_000_001, "scan_type": "secrets"},
        {"target": "192.0.2.1", "scan_type": "dns"},
        {"scan_type": "exploit"},
        {"options": {"ports": []}},
        {"options": {"ports": [0]}},
        {"options": {"ports": [65_536]}},
        {"options": {"ports": list(range(1, 102))}},
        {"options": {"timeout_s": 0}},
        {"options": {"timeout_s": 121}},
        {"options": {"severity_min": "awful"}},
        {"options": {"baseline": ["not-an-id"]}},
        {"options": {"path": "no-slash"}},
        {"options": {"path": "/a\r\nb"}},
        {"options": {"speed": 9}},
        {"targets": []},
        [],
        None,
    ],
)
def test_a_bad_payload_is_refused_at_submission(registry, payload):
    with pytest.raises(Invalid) as caught:
        registry.check_payload("security_scan", payload)

    assert caught.value.code == "invalid_payload"
    assert all(fault.pointer.startswith("/payload") for fault in caught.value.faults)
