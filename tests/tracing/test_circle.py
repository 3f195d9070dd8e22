import pytest

from taskforge.tracing.circle import Circle


@pytest.mark.parametrize(
    ("entries", "host", "port", "told"),
    [
        ("", "example.com", 443, False),
        (" , ", "", 443, False),
        ("example.com", "example.com", 8443, True),
        ("Example.COM ", "example.com", 443, True),
        ("example.com", "sub.example.com", 443, False),
        ("example.com", "badexample.com", 443, False),
        ("example.com:8443", "example.com", 8443, True),
        ("example.com:8443", "example.com", 443, False),
        ("*.example.com", "a.b.example.com", 443, True),
        ("*.example.com", "example.com", 443, False),
        ("*.example.com", "badexample.com", 443, False),
        ("a.test,[::1]:80", "::1", 80, True),
        ("::1", "::1", 8080, True),
        ("*", "example.com", 443, True),
    ],
)
def test_only_hosts_that_the_operator_named_hear_of_a_trace(entries, host, port, told):
    assert Circle(entries.split(",")).has(host, port) is told
